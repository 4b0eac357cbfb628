//! The socket that the owner of a workspace listens on: `.workroom/run/socket`, in a folder that only its user may enter.
//!
//! Invariant: it is made and removed under the workspace's lock, so what lies there while nobody holds the lock is a leftover.
//! Not here: what is said through it. Systems other than Unix have no such sockets in the standard library: there the owner stays alone.

pub(crate) use platform::{Listener, Stream, bind, connect};

#[cfg(unix)]
mod platform {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::{Path, PathBuf};

    pub(crate) type Stream = UnixStream;

    /// A socket's address holds about a hundred bytes.
    const LONGEST: usize = 100;
    const NAME: &str = "socket";

    /// The owner's end. Removes the socket when it is dropped.
    pub(crate) struct Listener {
        listener: UnixListener,
        path: PathBuf,
    }

    impl Listener {
        /// The next client; `None` when none came for a while.
        pub(crate) fn accept(&self) -> io::Result<Option<Stream>> {
            let mut wanted = [PollFd::new(&self.listener, PollFlags::IN)];
            let patience = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
            match poll(&mut wanted, Some(&patience)) {
                Ok(0) | Err(Errno::INTR) => return Ok(None),
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            Ok(Some(self.listener.accept()?.0))
        }
    }

    impl Drop for Listener {
        fn drop(&mut self) {
            // What is left is removed by the next owner.
            let _left = std::fs::remove_file(&self.path);
        }
    }

    /// Listens. Only for the one who holds the workspace's lock.
    pub(crate) fn bind(workroom_dir: &Path) -> io::Result<Listener> {
        let folder = run_folder(workroom_dir);
        match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        // A copied workspace may have brought it with other permissions.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;
        let path = folder.join(NAME);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = at_address(&folder, |address| UnixListener::bind(address))?;
        Ok(Listener { listener, path })
    }

    /// Connects to the owner. Fails with `NotFound` or `ConnectionRefused` where there is none.
    pub(crate) fn connect(workroom_dir: &Path) -> io::Result<Stream> {
        at_address(&run_folder(workroom_dir), |address| UnixStream::connect(address))
    }

    fn run_folder(workroom_dir: &Path) -> PathBuf {
        workroom_dir.join("run")
    }

    /// Calls with an address for the socket in `folder` that is short enough.
    fn at_address<T>(folder: &Path, call: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        let path = folder.join(NAME);
        if path.as_os_str().len() <= LONGEST {
            return call(&path);
        }
        if !cfg!(target_os = "linux") {
            let why = format!("{} is too long for a socket's address, {LONGEST} bytes", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, why));
        }
        // Linux reaches a folder of any depth by the number of an open descriptor.
        use std::os::fd::AsRawFd;
        let open = File::open(folder)?;
        call(&Path::new("/proc/self/fd").join(open.as_raw_fd().to_string()).join(NAME))
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::io::{Read, Write};

        #[test]
        fn only_the_user_may_enter_and_no_path_is_too_long() {
            let dir = tempfile::tempdir().unwrap();
            for depth in [0, 3] {
                let room = (0..depth).fold(dir.path().to_path_buf(), |at, _| at.join("n".repeat(200)));
                std::fs::create_dir_all(&room).unwrap();
                assert_eq!(connect(&room).unwrap_err().kind(), io::ErrorKind::NotFound);
                let listener = bind(&room).unwrap();
                let mode = std::fs::metadata(room.join("run")).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o700);
                let mut client = connect(&room).unwrap();
                listener.accept().unwrap().unwrap().write_all(b"x").unwrap();
                let mut text = String::new();
                client.read_to_string(&mut text).unwrap();
                assert_eq!(text, "x");

                // A leftover of a crash is no obstacle.
                let leftover = room.join("run/socket");
                drop(listener);
                assert!(!leftover.exists());
                std::fs::write(&leftover, "").unwrap();
                assert_eq!(connect(&room).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
                bind(&room).unwrap();
            }
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::io;
    use std::path::Path;
    use std::time::Duration;

    /// No stream is ever made.
    pub(crate) enum Stream {}
    pub(crate) enum Listener {}

    impl Listener {
        pub(crate) fn accept(&self) -> io::Result<Option<Stream>> {
            match *self {}
        }
    }

    impl Stream {
        pub(crate) fn try_clone(&self) -> io::Result<Self> {
            match *self {}
        }

        pub(crate) fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
            match *self {}
        }

        pub(crate) fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
            match *self {}
        }

        pub(crate) fn shutdown(&self, _: std::net::Shutdown) -> io::Result<()> {
            match *self {}
        }
    }

    impl io::Read for Stream {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            match *self {}
        }
    }

    impl io::Write for Stream {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            match *self {}
        }

        fn flush(&mut self) -> io::Result<()> {
            match *self {}
        }
    }

    pub(crate) fn bind(_: &Path) -> io::Result<Listener> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn connect(_: &Path) -> io::Result<Stream> {
        Err(io::ErrorKind::NotFound.into())
    }
}
