//! Stop words: the words of a question that say nothing about its subject.
//!
//! Invariant: a stop word is still indexed; it is only left out of queries that say something else (phrases keep it).

use super::fold::fold_into;
use super::language::Language;

/// English function and question words.
const ENGLISH: &str = "\
    a about all also am an and any anyone anything are as at be been being both but by can could \
    did do does doing each either for from had has have having he her here his how i if in into is \
    it its just may me might must my no nor not of on or our please shall she should so some \
    someone something such than that the their them then there these they this those to too under \
    upon us very was we were what whatever when where whether which while who whom whose why will \
    with would you your yours \
";

/// The same of other languages, by their codes; folded, as the words of a query are before they are compared.
const OTHERS: [(&str, &str); 17] = [
    (
        "ca",
        "a al als amb aquell aquella aquest aquesta aixo com d de del dels des el ella ells els en entre era es \
         esta estan fins ha han hi i l la les li ls m mes molt n ni no o on per pel pels pero perque qual quan que \
         quin quina quins quines qui s se sense ser seu seva si sobre son t tambe te tots un una unes uns va van",
    ),
    (
        "cs",
        "a aby ale ani ano asi az bez by byl byla byli bylo byt ci co coz do ho i j ja jak jake jaky jako je jeho jej \
         jeji jejich jen jeste ji jsem jsme jsou k kam kde kdo kdy kdyz ke ktera ktere ktery kteri ma maji mezi mi \
         mu muze my na nad nebo nez ni o od on ona oni pak po pod podle pro proc proto protoze pred pri s se si \
         sve ta tak take tato tedy ten tento to tohle toho tom tomu tuto ty u uz v vam ve vsak z za ze",
    ),
    (
        "da",
        "af alle at blev blive bliver da de dem den denne der deres det dette dig din disse dog du efter eller en er et \
         for fra ham han hans har havde have hende her hos hun hvad hvem hvilke hvilken hvis hvor hvordan hvorfor \
         hvornar i ikke ind jeg kan kunne man mange med meget men mig min mod na nar nogen nogle nu og ogsa om op \
         os over pa sa sadan selv sig sin skal skulle som til ud under var ved vi vil ville vaere vaeret",
    ),
    (
        "de",
        "ab aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist da dabei damit dann \
         das dass dein dem den denn der deren des dessen die dies diese diesem diesen dieser dieses doch dort du durch \
         ein eine einem einen einer eines er es etwas euch fur gegen gibt hab habe haben hat hatte hatten hier ihm ihn \
         ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede jedem jeden jeder jedes kann kein keine keinen konnen \
         konnte man mehr mein mich mir mit muss mussen nach nicht nichts noch nun nur ob oder ohne sehr sein seine \
         seinem seinen seiner sich sie sind so sodass soll sollen sondern sowie uber um und uns unser unter vom von \
         vor wann war waren warum was weil welche welchem welchen welcher welches wem wen wenn wer werden wessen wie \
         wieso wieviel will wir wird wo wodurch wofur woher wohin womit worden wurde wurden zu zum zur zwischen",
    ),
    (
        "es",
        "a al algo ante antes asi como con cual cuales cuando cuanto cuantos cuanta cuantas de del desde donde durante e \
         el ella ellas ellos en entre era eran es esa ese eso esta estan estas este esto estos fue fueron ha habia han \
         hasta hay la las le les lo los mas me mi mientras mucho muy ni no nos o otra otro para pero por porque que \
         quien quienes se segun ser si sin sobre son su sus tambien tan tener tiene tienen todo todos tras tu un una \
         unas uno unos y ya yo",
    ),
    (
        "fi",
        "ei eika eivat en ennen ensin enta ettei etta han hanen he heidan ihan itse ja joka joko jolla jolloin \
         jonka jos jossa josta jota jotka jotta kai kaikki kanssa kautta ketka koska koskaan kuin kuinka kuka kun lahes me \
         mika mikali miksi milla millainen milloin minka mina missa mista miten mitka mita mukaan mutta myos ne \
         niin niiden nyt nama naiden ole olen oli olivat olla on ovat paljon paitsi se seka sen siina siita sille sina \
         sita tai taman tama tassa tasta te tuo tahan voi voidaan voivat vai vaikka",
    ),
    (
        "fr",
        "a afin ai alors apres au aucun aussi autre aux avant avec avoir c car ce ceci cela celle celles celui ces cet \
         cette ceux chez ci combien comme comment d dans de depuis des dont du elle elles en encore entre es est et etaient \
         etait ete etre eu eux fait faut il ils j je jusque l la le les leur leurs lors lorsque lui m ma mais me meme mes \
         moi mon n ne ni non nos notre nous on ont ou par parce pas pendant peut peuvent plus pour pourquoi pouvoir pu qu \
         quand que quel quelle quelles quels qui quoi s sa sans se selon sera ses si soit son sont sous sur t ta te tes \
         toi ton tous tout toute toutes tres tu un une vers voici vos votre vous y",
    ),
    (
        "hu",
        "a abban ahhoz ahogy ahol aki akik akkor alatt altal am ami amely amelyek amikor arra arrol az azert azok azon \
         azonban azt aztan azzal be belul benne csak de e eddig egesz egy egyes egyeb egyik ehhez el elott en ennek erre ert \
         es ez ezek ezen ezert ezt ezzel fel fog ha hanem hany hat hiszen hogy hogyan hol honnan hova igen igy ill illetve is \
         itt jo kell keresztul ki kik kivul kozott kozul legyen lehet lesz lett maga majd meg mely melyik mert mi miatt mig \
         mikor milyen mind minden mint mit mivel most nagy ne nekem neki nem nincs o ok oket olyan ott pedig s sem sok \
         szamara szerint tobb tovabb ugy utan vagy vagyok van vannak volt voltak",
    ),
    (
        "id",
        "ada adalah agar akan anda antara apa apakah atas atau bagaimana bagi bahwa banyak beberapa belum berapa bisa bukan \
         dalam dan dapat dari dengan di dia hal hanya harus ia ini itu jika juga kami kapan karena ke kepada ketika kita lain \
         lebih maka mana mengapa mereka namun oleh pada para saat saja sangat sebagai sebuah sebelum secara sedang sehingga \
         sejak seperti serta setelah siapa sudah tanpa telah tentang terhadap tersebut tetapi tidak untuk yaitu yang",
    ),
    (
        "it",
        "a ad agli ai al alla alle allo anche che chi ci come con cosa cui d da dagli dai dal dalla dalle dallo de degli dei \
         del dell della delle dello di dopo dove e ed era erano essere fino fra gli ha hanno i il in io l la le lei li lo \
         loro ma mentre mi molto ne negli nei nel nell nella nelle nello no noi non o ogni ove per perche piu poi prima puo \
         qual quale quali quando quanta quante quanti quanto quella quelle quelli quello quest questa queste questi questo qui \
         s se secondo senza si sia sono sopra sotto stata state stati stato su sua sue sugli sui sul sulla sulle suo suoi \
         tra tu tutti tutto un una uno va vi",
    ),
    (
        "nl",
        "aan al alle als ander bij ben daar dan dat de der deze die dit doch doen door dus een eens en er ge geen geweest haar \
         had hadden heb hebben heeft hem het hier hij hoe hoeveel hun iemand iets ik in is ja je kan kon kunnen maar me meer \
         men met mij mijn moet moeten na naar niet niets nog nu of om omdat onder ons ook op over reeds te tegen toch toen tot u \
         uit uw van veel voor waar waarom wanneer want waren was wat we welk welke werd werden wezen wie wij wil worden wordt \
         zal ze zelf zich zij zijn zo zonder zou zouden",
    ),
    (
        "no",
        "a alle at av bare ble blei bli blir da de deg dei dem den denne der deres det dette di din disse du eg ein ei eit \
         ikkje eller en enn er et etter for fordi fra fram ha hadde han hans har henne her hos hun hva hvem hver hvilke \
         hvilken hvis hvor hvordan hvorfor i ikke inn ja jeg kan kom korleis kunne kva kven man mange med meg men mer mot ma na \
         nar noe noen nokre og ogsa om opp oss over pa sa seg selv sin sitt skal skulle slik som til ut vaert var ved \
         vere vi vil ville vaere vart",
    ),
    (
        "pl",
        "a aby albo ale ani az bardzo bez bo by byc byl byla byli bylo byly ci ciebie co czy czyli dla do dlaczego dlatego gdy gdzie \
         go i ich ile im inne innych ja jak jaka jakie jaki jako je jego jej jemu jest jestem jesli jezeli juz kiedy kto ktora \
         ktore ktorego ktorej ktory ktorych ktorym ktorzy lub ma maja mi miedzy mnie moga moze mozna my na nad nam nas \
         nich nie niech nim niz o od on ona one oni oraz po pod podczas poniewaz przed przez przy sa sie ta tak takie takze \
         tam te tego tej ten to tu ty tych tylko tym u w we wiec wszystko z za ze zas",
    ),
    (
        "pt",
        "a ainda ao aos aquela aquele aquilo as ate cada com como contra d da das de dela dele deles depois desde do dos e ela \
         elas ele eles em entre era eram essa esse esta estao estas este estes eu foi foram ha isso isto ja la lhe mais mas me \
         mesmo meu muito na nao nas nem no nos num numa o onde os ou para pela pelas pelo pelos pode podem por porque qual quais \
         quando quanta quantas quanto quantos que quem se seja sem ser seu seus sao so sobre sua suas tambem tem tao tem ter teve \
         toda todas todo todos um uma umas uns voce",
    ),
    (
        "ro",
        "a acest acesta aceasta aceste acestea acestei acestor acestui aceea acel acela acele acelor ai al ale am ar are as asa \
         asupra atunci au avea ca cand care carei caror carui cat cate cati catre ce cea cei cel cele celor cine cu cum da daca \
         dar de deci decat deoarece desi despre din dintre dintr doar dupa e ea ei el ele era erau este eu fara fi fie fiind fost \
         i ii il in inca intr intre isi iar la le li lor lui ma mai mult nici noi nu o ori pe pentru peste prin printr sa sai sau \
         se si spre sub sunt tot toate toti un una unde unei unele unor unui va vor",
    ),
    (
        "sv",
        "alla allt an annan att av bara blev bli blir da de dem den denna deras dess dessa det detta dig din du eller en er ett \
         efter fanns finns for fran genom ha hade han hans har hennes hon honom hos hur i icke in ingen inte inom jag ju kan kunde \
         man manga med mellan men mer mig min mot mycket na nagon nagot nar ni nu och ocksa om oss pa sa sadan samma samt sedan sig \
         sin sina sitt ska skall skulle som till under upp ut utan var vad varfor varit vart vem vid vilka vilken vilket vi vill",
    ),
    (
        "tr",
        "acaba ama ancak ayni az bana bazi belki ben beni benim bir biri bircok biz bu bunlar bunu bunun cok cunku da daha de defa degil \
         diger diye dolayi en fakat gibi gore hangi hem henuz hep hepsi her hic icin ile ilgili ise iste kadar karsi ki kim kimi \
         mi mu nasil ne neden nerede nereden nereye niye o olan olarak oldugu oldu olur ona onlar onu onun once onceki oyle sadece \
         sanki sen siz sonra su tarafindan tum uzere var ve veya ya yani yok",
    ),
];

/// Russian is not Latin, but as much is folded: no ё, no й.
const RUSSIAN: &str = "\
    а без более был была были было быть в вам вас весь во вот все всего всех вы где да даже для до его ее если есть еще же за зачем \
    здесь и из или им их к как какая какие какои какое когда которая которого которое которои которые которых которыи кто куда ли \
    между меня мне много может можно мои мы на над надо нас не него нее неи нет ни них но ну о об однако он она они оно от отчего \
    очень по под после потому почему при про с сам свое свою сколько со так также такои там тем то того тоже тои только том тот ты \
    у уже хотя чего чеи чем через что чтобы чье эта эти это этого этои этом этот я";

/// Whether `word`, in any case, is a stop word of `language`, or in English. "IT" and "US" in capitals are names, not pronouns.
pub(crate) fn is_stop_word(word: &str, language: Option<&Language>) -> bool {
    let shouted = word.chars().nth(1).is_some() && word.chars().all(char::is_uppercase);
    if word.is_empty() || shouted {
        return false;
    }
    let Some(language) = language else {
        return ENGLISH.split(' ').any(|stop| stop.eq_ignore_ascii_case(word));
    };
    let mut folded = String::new();
    fold_into(word, &mut folded);
    words_of(language).split_ascii_whitespace().any(|stop| stop == folded)
}

fn words_of(language: &Language) -> &'static str {
    if language.code() == "ru" {
        return RUSSIAN;
    }
    OTHERS.iter().find(|(code, _)| *code == language.code()).map_or("", |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use corpus::LanguageCode;

    fn check(code: &str, stops: &[&str], others: &[&str]) {
        let language = LanguageCode::new(code).and_then(Language::of);
        for stop in stops {
            assert!(is_stop_word(stop, language), "{stop}");
        }
        for word in others {
            assert!(!is_stop_word(word, language), "{word}");
        }
    }

    #[test]
    fn pronouns_stop_and_names_do_not() {
        check("en", &["the", "What", "I", "it"], &["IT", "US", "rust", "thesis", "die", ""]);
        check("de", &["Für", "über", "welche", "die"], &["the", "DIE", "Mühle"]);
        check("fr", &["où", "Quel", "l"], &["LE", "moulin"]);
        check("ru", &["Какой", "её", "что"], &["мельница"]);
        check("ta", &[], &["the"]);
    }

    #[test]
    fn lists_are_folded_and_of_known_languages() {
        for (code, words) in OTHERS.into_iter().chain([("ru", RUSSIAN)]) {
            assert!(LanguageCode::new(code).and_then(Language::of).is_some(), "{code}");
            for word in words.split_ascii_whitespace() {
                let mut folded = String::new();
                fold_into(word, &mut folded);
                assert_eq!(folded, word, "{code}");
            }
        }
    }
}
