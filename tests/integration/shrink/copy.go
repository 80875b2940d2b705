package main

import "bytes"

// Where the copy lies: one segment with the whole file.
const (
	base       = 0x10000000
	moduleSize = 600
)

// smaller is the copy while it is made.
type smaller struct {
	*old
	parts  [5]bytes.Buffer // names, units, files, values, functions; for Go before 1.16 all in the last one
	list   []byte
	tree   bytes.Buffer // the calls that were inlined
	texts  map[string]uint32
	owners map[uint32]uint32 // file names by number, before Go 1.16
	start  uint64            // of the last part in the table, before Go 1.16
}

func (s *smaller) part(kind int) (*bytes.Buffer, uint64) {
	if s.layout == 0xfffffffb {
		return &s.parts[functions], s.start
	}
	return &s.parts[kind], 0
}

func (s *smaller) add(kind int, data []byte) uint32 {
	b, start := s.part(kind)
	at := start + uint64(b.Len())
	b.Write(data)
	return uint32(at)
}

// text adds a text once.
func (s *smaller) text(kind int, t string) uint32 {
	key := string(rune('0'+kind)) + t
	if at, ok := s.texts[key]; ok {
		return at
	}
	at := s.add(kind, append([]byte(t), 0))
	s.texts[key] = at
	return at
}

// numbers is a set of numbers of files, or of calls.
type numbers map[int]bool

func (n numbers) max() int {
	max := -1
	for v := range n {
		if v > max {
			max = v
		}
	}
	return max
}

// valueTable copies a table of values; it gives the values, too.
func (s *smaller) valueTable(offset uint32) (at uint32, has numbers) {
	has = numbers{}
	if offset == 0 {
		return 0, has
	}
	data, n, value := s.region(values)[offset:], 0, -1
	varint := func() (v int) {
		for shift := 0; ; shift += 7 {
			b := data[n]
			n++
			v |= int(b&0x7f) << uint(shift)
			if b < 0x80 {
				return v
			}
		}
	}
	for first := true; ; first = false {
		step := varint()
		if step == 0 && !first {
			break
		}
		if step&1 != 0 {
			step = -(step + 1)
		}
		value += step / 2
		varint()
		has[value] = true
	}
	return s.add(values, data[:n]), has
}

// file copies the name of a file that has a number in a unit.
func (s *smaller) file(unit, number uint32) uint32 {
	if s.layout == 0xfffffffb {
		words := 1 + s.header(0)*2 + 1
		list := s.table[le.Uint32(s.table[8+8*words:]):]
		return s.text(files, cString(s.table[le.Uint32(list[4*number:]):]))
	}
	offset := le.Uint32(s.region(units)[(unit+number)*4:])
	if offset == 0xffffffff {
		return offset
	}
	return s.text(files, cString(s.region(files)[offset:]))
}

// unit copies the files of a function's unit that are used; it gives where they are.
func (s *smaller) unit(old uint32, used numbers) uint32 {
	at := uint32(s.parts[units].Len() / 4)
	for number := 0; number <= used.max(); number++ {
		offset := uint32(0xffffffff)
		if s.layout == 0xfffffffb {
			if number > 0 && used[number] {
				s.owners[uint32(number)] = s.file(old, uint32(number))
			}
			continue
		}
		if used[number] {
			offset = s.file(old, uint32(number))
		}
		var data [4]byte
		le.PutUint32(data[:], offset)
		s.parts[units].Write(data[:])
	}
	return at
}

// shape says where the fields of a function and of its inlining are (runtime/runtime2.go, runtime/symtab.go).
type shape struct {
	name, pcsp, pcdataCount, unit, funcdataCount, fixed int
	inlFuncdata, inlPcdata, callBytes, callName         int
}

func (s *smaller) shape() shape {
	switch {
	case s.minor < 12:
		return shape{8, 20, 32, -1, 36, 40, 2, 1, 16, 12}
	case s.minor < 13:
		return shape{8, 20, 32, -1, 39, 40, 2, 1, 20, 12}
	case s.minor < 16:
		return shape{8, 20, 32, -1, 39, 40, 4, 2, 20, 12}
	case s.minor < 18:
		return shape{8, 20, 32, 36, 43, 44, 3, 2, 20, 12}
	case s.minor < 20:
		return shape{4, 16, 28, 32, 39, 40, 3, 2, 20, 12}
	}
	return shape{4, 16, 28, 32, 43, 44, 3, 2, 16, 4}
}

// calls copies an inline tree, and notes the files in it.
func (s *smaller) calls(vaddr uint64, count int, used numbers) (at uint64) {
	sh := s.shape()
	at = uint64(s.tree.Len())
	for i := 0; i < count; i++ {
		call := s.bytesAt(vaddr+uint64(i*sh.callBytes), sh.callBytes)
		name := cString(s.region(names)[le.Uint32(call[sh.callName:]):])
		le.PutUint32(call[sh.callName:], s.text(names, name))
		if s.minor < 20 {
			used[int(le.Uint32(call[4:]))] = true
		}
		s.tree.Write(call)
	}
	return at
}

// function copies the function that has its fields at an offset.
func (s *smaller) function(i int) {
	sh, data := s.shape(), s.region(functions)
	width := 4
	entry := func(k int) uint64 { return uint64(le.Uint32(s.old.functionList()[4*k:])) }
	if s.words() {
		width = 8
		entry = func(k int) uint64 { return le.Uint64(s.old.functionList()[8*k:]) }
	}
	f := data[entry(2*i+1):]
	pcdataCount := int(le.Uint32(f[sh.pcdataCount:]))
	fields := append([]byte(nil), f[:sh.fixed+4*pcdataCount]...)
	le.PutUint32(fields[sh.name:], s.text(names, cString(s.region(names)[le.Uint32(f[sh.name:]):])))
	used, calls := numbers{}, 0
	for n := 0; n < 3+pcdataCount; n++ {
		place := sh.pcsp + 4*n
		if n >= 3 {
			place = sh.fixed + 4*(n-3)
		}
		at, has := s.valueTable(le.Uint32(f[place:]))
		le.PutUint32(fields[place:], at)
		if n == 1 {
			used = has
		} else if n-3 == sh.inlPcdata {
			calls = has.max() + 1
		}
	}
	if calls > 0 {
		fields = s.withTree(fields, f, calls, used)
	} else {
		fields = s.withoutTree(fields)
	}
	unit := uint32(0)
	if sh.unit >= 0 {
		unit = le.Uint32(f[sh.unit:])
	}
	if at := s.unit(unit, used); sh.unit >= 0 {
		le.PutUint32(fields[sh.unit:], at)
	}
	b, start := s.part(functions)
	for (start+uint64(b.Len()))%8 != 0 {
		b.WriteByte(0)
	}
	s.list = appendWord(s.list, entry(2*i), width)
	s.list = appendWord(s.list, uint64(s.add(functions, fields)), width)
}

// withoutTree drops the function data, which is not needed.
func (s *smaller) withoutTree(fields []byte) []byte {
	fields[s.shape().funcdataCount] = 0
	return fields
}

// withTree keeps, of the function data, the inline tree alone.
func (s *smaller) withTree(fields, f []byte, calls int, used numbers) []byte {
	sh := s.shape()
	at := (len(fields) + 7) &^ 7
	width := 8
	if !s.words() {
		at, width = len(fields), 4
	}
	var vaddr uint64
	if s.words() {
		vaddr = le.Uint64(f[at+8*sh.inlFuncdata:])
	} else {
		vaddr = s.gofunc + uint64(le.Uint32(f[at+4*sh.inlFuncdata:]))
	}
	tree := s.calls(vaddr, calls, used)
	if s.words() {
		tree += base + dataOffset
	}
	fields = append(fields, make([]byte, at-len(fields))...)
	for n := 0; n < sh.inlFuncdata; n++ {
		none := uint64(0)
		if !s.words() {
			none = 0xffffffff
		}
		fields = appendWord(fields, none, width)
	}
	fields[sh.funcdataCount] = byte(sh.inlFuncdata + 1)
	return appendWord(fields, tree, width)
}

func appendWord(b []byte, v uint64, width int) []byte {
	for ; width > 0; width-- {
		b, v = append(b, byte(v)), v>>8
	}
	return b
}
