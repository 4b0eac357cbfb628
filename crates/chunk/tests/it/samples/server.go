package server

import (
	"errors"
	"net"
	"sync"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("server is closed")

// Server answers one client at a time.
type Server struct {
	mu       sync.Mutex
	listener net.Listener
	closed   bool
}

// Serve accepts clients until Close is called. It hands each client to
// handle, and logs what handle returns.
func (s *Server) Serve(handle func(net.Conn) error, log func(string, error)) error {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			s.mu.Lock()
			closed := s.closed
			s.mu.Unlock()
			if closed {
				return ErrClosed
			}
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() {
				log("accept, will try again", err)
				continue
			}
			return err
		}
		if err := handle(conn); err != nil {
			log("handle", err)
		}
		if err := conn.Close(); err != nil {
			log("close", err)
		}
	}
}

// Close stops Serve.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.closed = true
	return s.listener.Close()
}
