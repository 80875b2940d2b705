// Package load gives the collector something to do: a live set whose parts are replaced one by one.
package load

const (
	minCellBytes = 128
	maxCellBytes = 4096
	// A cell's body is between the two, evenly; its header and the slot come on top.
	meanCellBytes = (minCellBytes+maxCellBytes)/2 + 64
)

// cell has a few pointers, so that marking has something to follow.
type cell struct {
	body  []byte
	words [4]*int64
}

// Set is a live set. Not safe for concurrent use.
type Set struct {
	slots  []*cell
	random uint64
	next   int
}

// New returns a live set of about liveBytes, filled. seed makes the sizes, always the same ones.
func New(liveBytes int, seed uint64) *Set {
	s := &Set{slots: make([]*cell, liveBytes/meanCellBytes+1), random: seed*2 + 1}
	for i := range s.slots {
		s.slots[i] = s.newCell()
	}
	return s
}

// Churn allocates about this many bytes; each new part takes the place of the oldest one, which dies.
func (s *Set) Churn(bytes int) {
	for bytes > 0 {
		c := s.newCell()
		bytes -= len(c.body) + 64
		s.slots[s.next] = c
		s.next++
		if s.next == len(s.slots) {
			s.next = 0
		}
	}
}

func (s *Set) newCell() *cell {
	// xorshift64: quick, and the same on every run.
	s.random ^= s.random << 13
	s.random ^= s.random >> 7
	s.random ^= s.random << 17
	size := minCellBytes + int(s.random%(maxCellBytes-minCellBytes))
	c := &cell{body: make([]byte, size)}
	for i := 0; i < size; i += 256 {
		c.body[i] = byte(s.random)
	}
	c.words[s.random>>62] = new(int64)
	return c
}
