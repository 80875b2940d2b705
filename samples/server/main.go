// Command server answers lines on a TCP port, allocates for each, and ends in order on SIGTERM. With -connect it is its own client: it
// sends a number of lines and waits for each answer.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gctide.invalid/samples/internal/truth"
)

// sessions holds what clients left behind: some of it is always live.
type sessions struct {
	mutex sync.Mutex
	ring  [][]byte
	next  int
}

func (s *sessions) keep(size int) {
	body := make([]byte, size)
	for i := 0; i < len(body); i += 512 {
		body[i] = byte(i)
	}
	s.mutex.Lock()
	s.ring[s.next] = body
	s.next = (s.next + 1) % len(s.ring)
	s.mutex.Unlock()
}

func serve(conn net.Conn, s *sessions, size int, count *uint64) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		s.keep(size)
		atomic.AddUint64(count, 1)
		if _, err := fmt.Fprintln(conn, "ok"); err != nil {
			return
		}
	}
}

func client(address string, requests int) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	answers := bufio.NewScanner(conn)
	for i := 0; i < requests; i++ {
		if _, err := fmt.Fprintln(conn, "request", i); err != nil {
			return err
		}
		if !answers.Scan() {
			return fmt.Errorf("no answer to request %d: %v", i, answers.Err())
		}
	}
	return nil
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8271", "address to serve")
	connect := flag.String("connect", "", "address to send requests to, instead of serving")
	requests := flag.Int("requests", 2000, "how many requests to send")
	size := flag.Int("kib", 64, "what a request allocates")
	slow := flag.Duration("slow-start", 0, "how long it takes until it serves")
	stubborn := flag.Bool("stubborn", false, "do not end on SIGTERM")
	flag.Parse()

	if *connect != "" {
		if err := client(*connect, *requests); err != nil {
			fmt.Fprintln(os.Stderr, "server:", err)
			os.Exit(1)
		}
		return
	}
	r := truth.Begin("server")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	time.Sleep(*slow)
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
	fmt.Println("listening on", listener.Addr())
	s := &sessions{ring: make([][]byte, 256)}
	var count uint64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn, s, *size<<10, &count)
		}
	}()
	for <-stop; *stubborn; <-stop {
		fmt.Println("not yet")
	}
	_ = listener.Close()
	r.Worked()
	fmt.Println("served", atomic.LoadUint64(&count))
	r.Print()
}
