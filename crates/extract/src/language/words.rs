//! The frequent words and the letters of languages.
//!
//! Invariant: words are in lower case, composed, without apostrophes, and short enough for a key.
//! Not here: how they are counted.

use super::script::Script;

/// A set of languages: bit n is the n-th of [`FREQUENT_WORDS`].
pub(super) type LanguageSet = u64;
pub(super) const MAX_LANGUAGES: usize = LanguageSet::BITS as usize;

/// Languages by the script that they alone are written in, as far as we tell languages apart.
pub(super) const ALONE: [(Script, &str); 7] = [
    (Script::Greek, "el"),
    (Script::Armenian, "hy"),
    (Script::Georgian, "ka"),
    (Script::Tamil, "ta"),
    (Script::Thai, "th"),
    (Script::Hangul, "ko"),
    (Script::Bengali, "bn"),
];

/// The commonest words of written prose, by language; English first. Languages without a stemmer are here so that they are not taken for
/// their neighbours.
pub(super) const FREQUENT_WORDS: [(&str, &str); 39] = [
    (
        "en",
        "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which you were \
         all their there been has when who will more if no out so what up its about into than them can only other some could these \
         may then do any first my now such like our over your we would should must how does where each because use used using",
    ),
    (
        "de",
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach \
         wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde \
         wenn kann ihre keine dieser diese ihr wir ich sowie unter eines kein muss können dann nichts",
    ),
    (
        "fr",
        "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la avec son aux ou cette ces sa \
         mais comme nous être fait été ont on leur ses même deux elle si peut tout vous n d l s qu cet où après sans d'une entre \
         ainsi votre aucun avoir",
    ),
    (
        "es",
        "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre este ya entre \
         cuando todo esta ser son dos también fue había era muy años hasta desde está mi porque qué sólo han yo hay puede todos así nos \
         ni parte tiene uno donde ese usted",
    ),
    (
        "it",
        "di e che il la in a per un è del non una i le con si da sono dei al come della più ha alla nel gli ma anche o su lo ed delle \
         essere questo se dal ai ad questa stato nella tra dalla degli ne ci era suo cui hanno due prima può loro sua quando nei l d \
         dell all nell un dall quello ogni",
    ),
    (
        "pt",
        "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou quando muito nos já eu \
         também só pelo pela até isso ela entre depois sem mesmo aos seus quem nas me esse eles você foi ser está são tem pode este \
         essa num nem às minha ter",
    ),
    (
        "nl",
        "de van een het en in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog worden door naar heeft hij ik ze \
         wordt over tot hebben kan je was meer deze wel die al had moet wat geen kunnen dit hun werd zich onder deze veel we zou na \
         haar u niet",
    ),
    (
        "sv",
        "och i att det som en på är av för med den till inte har de om ett var jag men så han kan från vi sig eller då nu hade än vid \
         ska vad ut också under upp efter när man skulle här alla blir detta över kommer sin mot få bara några finns denna måste \
         mycket vara år mellan utan ej",
    ),
    (
        "da",
        "og i at det er en til af på de for som med den der ikke har et var jeg om han vi sig men fra kan eller så vil skal være også når \
         blev efter bliver ved hvor ud hun nu over mere op ind ud hvis under dette noget andre mod hvad kun havde være dem sin deres \
         man kunne blive mange selv mellem sådan hvilken dit dine denne både igen bruges findes hvordan nogen fejl ingen mens først blandt \
         uden siden blevet gør brug stedet",
    ),
    (
        "no",
        "og i det er på som en å til av for at med de har ikke den om et var fra jeg han men kan eller så vil skal ved ble seg vi også \
         være etter hun nå da ut når noe bare mer over mot opp hva dette blir inn der under meg alle må hvis mange denne hvor \
         andre ein eit ikkje frå dei eg dersom noen mellom slik igjen finnes brukes feil hvordan ditt dine denne både ingen mens først \
         uten siden blitt gjør bruk stedet før hver hun",
    ),
    (
        "fi",
        "ja on ei että se oli hän ovat ole mutta myös kun sen joka en niin kuin hänen tai jos vain nyt sitä jo mukaan siitä mitä ne kaikki \
         olen olisi sekä kanssa ollut tämä ettei vielä voi enemmän jälkeen mikä joita hyvin jotka sillä jonka voidaan tässä eivät tämän \
         sitten siinä niiden kuitenkin ennen sinun käyttää voit tämä tätä joko ilman kunnes jossa jolla johon josta koska minä sinä se \
         oleva olevan ovat eikä kuten milloin toisen uusi uuden haluat pitää täytyy myöskään useita kaksi",
    ),
    (
        "pl",
        "w i na z się do nie to jest że a o od jak za po ale co przez dla są ze przy tym tego czy już było tylko być może który która \
         które oraz lub jako jego jej ich był była można tak jeśli także pod nad również między przed te ta ten bez ma nie tej tych",
    ),
    (
        "cs",
        "a v se na je že s z do o i to ve k pro za by ale si po jako podle jsem jsou které který od až také nebo jeho byl byla když než \
         tak být má být jen ze u již co aby jak která pokud však před při může bude při mezi není ještě další této kde jejich nelze \
         tento není",
    ),
    (
        "sk",
        "a v sa na je že s z do o i to vo k pre za by ale si po ako podľa som sú ktoré ktorý od až tiež alebo jeho bol bola keď než tak \
         byť má len zo u už čo aby ak ktorá však pred pri môže bude medzi nie ešte ďalšie tejto kde ich tento bolo sme nie ktorých",
    ),
    (
        "hr",
        "i u je se na da za su od s a o koji kao iz to ne bi ili nije te koja do što po će može koje biti sam samo ali prema bez kako \
         nakon više već pri ako svoje također zbog dok jer ovaj ova kada uz sve bilo bio bila među ovo iz ga",
    ),
    (
        "sl",
        "in je v se na da za so ki z s pa ne tudi ali po kot iz o do bi ni pri še od bo le ko ter lahko ta biti sem več če to kako \
         samo kar vse med že bil bila pred tem zaradi tega katere kateri ima ob ker",
    ),
    (
        "tr",
        "ve bir bu da için ile de olarak çok daha olan gibi en ne o sonra kadar ama her var değil ki ya mi veya olduğu tarafından \
         göre kendi oldu olduğunu şey diye ise nasıl bunu bana yok ancak bütün şu iki ben hem iyi önce bunun eğer tüm",
    ),
    (
        "ro",
        "de și în a la cu nu pe că o se din care mai un pentru este ce sau au al sa să prin ca fi fost lui era dar după i ale sunt ar \
         am lor acest această dacă el ei într fără între poate când cum doar cel cea până foarte toate unui unei",
    ),
    (
        "hu",
        "a az és hogy nem is egy ez azt van már csak meg el de ha volt még mint ki kell be mi vagy fel ezt azonban lehet után mert \
         olyan arra úgy itt aki sem való pedig minden által ezek akkor nincs amely amelyek két majd között illetve lesz ne",
    ),
    (
        "ca",
        "de la i el que a en els les per un és amb del una no al es dels més com va o ha seva aquest aquesta són pel seu ser ho però han \
         també fins sobre entre si hi l d s quan aquests sense fer on molt tot cap n m aquestes podeu teniu",
    ),
    (
        "gl",
        "de a o que e do da en un para con non unha os no se na por máis as dos como mais ao é das seu súa ou cando moi nos xa \
         tamén só polo pola ata iso entre despois sen pode este esta ser son está foi teñen nunha dunha pero",
    ),
    (
        "id",
        "yang dan di dengan untuk dari ini tidak dalam pada itu adalah akan ke oleh juga atau telah ada saya sebagai dapat bisa tersebut \
         orang anda kami karena lebih sudah mereka seperti jika hanya harus oleh bahwa secara tetapi belum setelah kita namun",
    ),
    (
        "vi",
        "của và là các có được cho không trong một những với người này đã để khi từ đến như cũng về ra ở tại vào làm thì phải \
         sẽ nhiều trên hay hoặc bạn nếu rằng đó năm sau hơn mà vì theo bị nó",
    ),
    (
        "lt",
        "ir yra kad į iš su ne kaip tai bet buvo o apie jis jau dar tik arba po nuo prie būti gali per už ar kurie kuris savo \
         jo jų labai bus pagal nėra jei šis tarp visi todėl dėl turi",
    ),
    (
        "lv",
        "un ir ar no uz ka par kas tas bet tika kā tā to arī vai nav pēc lai jau ja tikai pie savu gan viņš bija būt var kad \
         kuru šo vēl šī ļoti visi līdz ne jūs starp",
    ),
    (
        "et",
        "ja on ei et see oli ta ka mis kui või aga siis oma ning selle nii pole seda mida kes tema olid veel välja pärast välja \
         üle juba kas olla vaid ainult kuid mille peab võib kõik saab neid need ole",
    ),
    (
        "eu",
        "eta da ez bat du dira ere izan zen dute edo zuen egin baina hau hori bere den baino dela duen beste egiten gero \
         arte behar ditu hori zer bezala dago nahi egon zuten oso dezake",
    ),
    (
        "ga",
        "an na agus a ar i is ag go le bhí ní sé do tá sin de leis seo mar ó as gan air nach ach sí bhfuil dá féin chun iad \
         nó siad féidir faoi",
    ),
    (
        "ru",
        "и в не на что с он как по это но из к у за от о его для же так все бы только или был они быть если при уже до когда то \
         может нет её можно также были ещё который чтобы этот было мы вы их есть после этого где без ли файл",
    ),
    (
        "uk",
        "і в не на що з він як по це але із до у за від його для же так все би тільки або був вони бути якщо при вже коли то може \
         немає її можна також були ще який щоб цей було ми ви їх є після цього де без та й про через під",
    ),
    (
        "bg",
        "и в не на че с той като по това но от до за се да си са е ще или при без може което който които има само след бъде беше \
         съм как бил част със във още все тази този тези към ако няма",
    ),
    (
        "sr",
        "и у је се на да за су од с а о који као из то не би или није те која до што по ће може које бити сам само али према без \
         како након више већ при ако због док јер овај када све било",
    ),
    (
        "ar",
        "في من على إلى أن التي هذا هذه عن مع كان الذي لا ما أو لم بين كل بعد قد ذلك كما وقد عند غير ثم هو هي إذا حيث حتى يتم \
         وهو لكن أي تم",
    ),
    (
        "fa",
        "در به از که این را با است برای آن یک خود تا بر بود می شده شود کرد هم نیز اما یا شد ها دارد ما باید پس اگر هر دو \
         آنها بین نمی های کند",
    ),
    (
        "ur",
        "کے کی میں اور کا ہے سے نے کو پر اس یہ کہ ہیں بھی ایک نہیں تھا گیا کر تھی ہو جو تو ان لیے وہ جس کیا ساتھ ہوئے",
    ),
    ("hi", "के है में की और का को से पर यह नहीं एक हैं कि इस भी जो हो कर लिए तो था थी वह या आप ने ही गया जा अपने तक"),
    ("ne", "को छ र मा यो हो छन् गर्न पनि भने लाई गरेको एक तर भएको थियो यस हुन् गर्ने हुने बाट ले अनि भन्ने"),
    (
        "he",
        "של את על לא זה הוא עם גם כי או אל היא אם כל יש אני היה אך זו רק בין לפי כדי אשר ידי מה אין אחד לאחר זאת יותר",
    ),
    (
        "yi",
        "און די איז אין דער פון דאס צו מיט האט אז ער ניט נישט אויף ווי זיך זענען איך וואס דעם א געווען זיי",
    ),
];

/// Letters that few languages have, with those that have them.
pub(super) const LETTERS: [(&str, &str); 23] = [
    ("ß", "de"),
    ("äöü", "de fi sv et sk hu tr"),
    ("åÅ", "sv da no fi"),
    ("æø", "da no"),
    ("éèçà", "fr it pt ca es"),
    ("êâîûœëï", "fr"),
    ("ñ¿¡", "es gl"),
    ("ãõ", "pt"),
    ("ìòù", "it ca"),
    ("·", "ca"),
    ("ąęłżźćńś", "pl"),
    ("ěřů", "cs"),
    ("ľĺŕôä", "sk"),
    ("čšžý", "cs sk"),
    ("đćčšž", "hr sl"),
    ("ğışİ", "tr"),
    ("ăâîșțşţ", "ro"),
    ("őűá", "hu"),
    ("ēāīūģķļņ", "lv"),
    ("ėįųūęą", "lt"),
    ("ơưđạảấầẩậắằặẹẻếềểệỉịọỏốồổộớờởợụủứừửựỳ", "vi"),
    ("ыэё", "ru"),
    ("іїєґ", "uk"),
];
