// Command noisy writes to stderr from several goroutines, in every way that could be taken for a piece of
// the runtime's own trace, while collections run. The same bytes in the same order go to the file
// named by -copy.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

// twin writes to stderr and then the bytes that got there to the copy. One lock around both makes the
// order the same.
type twin struct {
	lock   sync.Mutex
	copy   io.Writer
	writes int64
	bytes  int64
}

func (t *twin) Write(p []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	n, err := os.Stderr.Write(p)
	t.writes++
	t.bytes += int64(n)
	if _, copyErr := t.copy.Write(p[:n]); copyErr != nil && err == nil {
		err = copyErr
	}
	return n, err
}

// words look like pieces of a trace line, as single writes; digits also look like its numbers, which
// nothing can tell from the runtime's own when they fall into a line.
var (
	words = []string{
		"gc ", " @", "s ", "%: ", " ms clock, ", " ms cpu, ", " MB goal, ", " (forced)", "scav ",
		"gc 5 @", "gc 99999 @0.001s 1%: 0.01+0.1+0.01 ms clock, ", "scav 1 KiB work (bg), ",
		"gc 7 @0.100s 2%: 0.1+0.2+0.3 ms clock, 0.1+0.1/0.1/0.1+0.1 ms cpu, 4->4->1 MB, " +
			"5 MB goal, 0 MB stacks, 0 MB globals, 2 P\n",
	}
	digits = []string{"5", "0.05", "+", "/", "->", "\n", "12"}
)

// speaker makes one goroutine's output, always the same for the same number.
type speaker struct {
	to     *twin
	log    *log.Logger
	number int
	count  int
	random uint64
	pieces []string
}

func (s *speaker) roll(sides uint64) uint64 {
	s.random ^= s.random << 13
	s.random ^= s.random >> 7
	s.random ^= s.random << 17
	return s.random % sides
}

// binary is n bytes of every value, NUL and newline among them. Not just a few: a single "5" or "+" would be a
// piece that looks like the runtime's.
func (s *speaker) binary(n uint64) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.roll(256))
	}
	return b
}

func (s *speaker) speak() error {
	var err error
	s.count++
	switch kind := s.roll(100); {
	case kind < 45:
		s.log.Printf("speaker %d says line %d", s.number, s.count)
	case kind < 60:
		_, err = s.to.Write([]byte("x"))
	case kind < 75:
		_, err = fmt.Fprintf(s.to, "speaker %d, no end of line; ", s.number)
	case kind < 85:
		_, err = s.to.Write(s.binary(16 + s.roll(300)))
	case kind < 87:
		// More than a page: it arrives as full pages and the rest. Of the beginnings of this text only "0" looks
		// like one of the runtime's numbers, so the rest is never that short.
		long := strings.Repeat("0123456789abcde\n", 257+int(s.roll(900)))
		n := 4098 + s.roll(uint64(len(long)-4098))
		if n%4096 == 1 {
			n++
		}
		_, err = io.WriteString(s.to, long[:n])
	case kind < 89 && len(s.pieces) > 0:
		_, err = io.WriteString(s.to, s.pieces[s.roll(uint64(len(s.pieces)))])
	default:
		_, err = fmt.Fprintf(s.to, "two lines\nby speaker %d\n", s.number)
	}
	// Some rest, without giving up the CPU: a write about every 10 us is loud enough.
	for i := s.roll(20000); i > 0; i-- {
		s.random += i
	}
	s.random |= 1
	return err
}

func (s *speaker) run(stop *int32) error {
	for atomic.LoadInt32(stop) == 0 {
		if err := s.speak(); err != nil {
			return err
		}
	}
	return nil
}

func choosePieces(which string) []string {
	switch which {
	case "words":
		return words
	case "all":
		return append(append([]string{}, words...), digits...)
	case "none":
		return nil
	}
	fmt.Fprintf(os.Stderr, "noisy: -pieces is none, words or all, not %q\n", which)
	os.Exit(64)
	return nil
}

func main() {
	name := flag.String("copy", "", "file that gets the same bytes as stderr")
	which := flag.String("pieces", "none", "pieces of trace lines to write: none, words, all")
	speakers := flag.Int("speakers", 3, "how many goroutines write")
	live := flag.Int("live-mib", 4, "size of the live set")
	total := flag.Int("total-mib", 768, "how much to allocate")
	flag.Parse()
	pieces := choosePieces(*which)

	out := &twin{copy: io.Discard}
	if *name != "" {
		file, err := os.Create(*name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "noisy: %v\n", err)
			os.Exit(1)
		}
		defer file.Close()
		out.copy = file
	}
	r := truth.Begin("noisy")
	var stop int32
	failed := make(chan error, *speakers)
	for i := 0; i < *speakers; i++ {
		s := &speaker{to: out, log: log.New(out, "noisy: ", log.LstdFlags), number: i,
			random: uint64(i)*2 + 88172645463325253, pieces: pieces}
		go func() { failed <- s.run(&stop) }()
	}
	load.New(*live<<20, 1).Churn(*total << 20)
	atomic.StoreInt32(&stop, 1)
	for i := 0; i < *speakers; i++ {
		if err := <-failed; err != nil {
			fmt.Printf("{\"name\": \"noisy\", \"error\": %q}\n", err)
			os.Exit(1)
		}
	}
	r.Worked()
	r.Set("stderr_bytes", out.bytes)
	r.Set("stderr_writes", out.writes)
	r.Print()
}
