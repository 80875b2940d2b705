package main

import "debug/elf"

// The file: ELF header, program header, build info, module data and inline trees, table, section headers.
const (
	infoOffset   = 0x100
	moduleOffset = 0x200
	dataOffset   = 0x500
)

// functionList gives the old list of functions.
func (o *old) functionList() []byte {
	if o.layout == 0xfffffffb {
		return o.table[16:]
	}
	return o.region(functions)
}

// copied makes the ELF file with the functions from first up to end.
func (o *old) copied(first, end int) []byte {
	s := &smaller{old: o, texts: map[string]uint32{}, owners: map[uint32]uint32{}}
	count := end - first
	width := 4
	if o.words() {
		width = 8
	}
	listSize := (2*count + 1) * width
	s.start = uint64(16+listSize+4+7) &^ 7
	if o.layout != 0xfffffffb {
		s.parts[values].WriteByte(0)
		s.parts[functions].Write(make([]byte, listSize))
	}
	for i := first; i < end; i++ {
		s.function(i)
	}
	list := o.functionList()
	if o.words() {
		s.list = appendWord(s.list, le.Uint64(list[8*2*end:]), 8)
	} else {
		s.list = appendWord(s.list, uint64(le.Uint32(list[4*2*end:])), 4)
	}
	table, functab := s.newTable(count)
	return s.elf(table, functab)
}

// newTable puts the parts together; it gives where the list of functions is, too.
func (s *smaller) newTable(count int) (table []byte, functab uint64) {
	table = append(table, s.table[:8]...)
	table = appendWord(table, uint64(count), 8)
	if s.layout == 0xfffffffb {
		return s.newTable12(table), 16
	}
	table = appendWord(table, uint64(len(s.owners)), 8)
	if !s.words() {
		table = appendWord(table, le.Uint64(s.table[24:]), 8)
	}
	at := uint64(len(table) + 5*8)
	for kind := range s.parts {
		table = appendWord(table, at, 8)
		functab = at
		at += uint64(s.parts[kind].Len()+7) &^ 7
	}
	copy(s.parts[functions].Bytes(), s.list)
	for kind := range s.parts {
		table = append(table, s.parts[kind].Bytes()...)
		for len(table)%8 != 0 {
			table = append(table, 0)
		}
	}
	return table, functab
}

// newTable12 puts the parts behind each other, with the list of files, by their old numbers, at the end.
func (s *smaller) newTable12(table []byte) []byte {
	table = append(table, s.list...)
	fileList := s.start + uint64(s.parts[functions].Len()+3)&^3
	table = appendWord(table, fileList, 4)
	table = append(table, make([]byte, int(s.start)-len(table))...)
	table = append(table, s.parts[functions].Bytes()...)
	table = append(table, make([]byte, int(fileList)-len(table))...)
	count := uint32(0)
	for number := range s.owners {
		if number > count {
			count = number
		}
	}
	table = appendWord(table, uint64(count)+1, 4)
	for number := uint32(1); number <= count; number++ {
		table = appendWord(table, uint64(s.owners[number]), 4)
	}
	return table
}

// buildInfo writes the form of Go 1.18, which older releases did not have, but every reader takes.
func (s *smaller) buildInfo() []byte {
	info := append([]byte("\xff Go buildinf:\x08\x02"), make([]byte, 16)...)
	info = append(info, byte(len(s.version)))
	return append(append(info, s.version...), 0)
}

// module writes what is needed of the module data (runtime.firstmoduledata).
func (s *smaller) module(table, functab uint64) []byte {
	data := make([]byte, moduleSize)
	gofunc := 320
	if s.minor < 20 {
		gofunc = 304
	} else if s.minor >= 27 {
		gofunc = 344
	}
	le.PutUint64(data, table)
	le.PutUint64(data[128:], functab)
	// Programs for Go readers have no code here: the place of the code is that of the ELF file's segment.
	le.PutUint64(data[176:], s.old.text)
	le.PutUint64(data[gofunc:], base+dataOffset)
	return data
}

func (s *smaller) elf(table []byte, functab uint64) []byte {
	tableOffset := (dataOffset + s.tree.Len() + 31) &^ 31
	file := make([]byte, tableOffset)
	copy(file[infoOffset:], s.buildInfo())
	copy(file[moduleOffset:], s.module(base+uint64(tableOffset), base+uint64(tableOffset)+functab))
	copy(file[dataOffset:], s.tree.Bytes())
	file = append(file, table...)
	namesOffset := len(file)
	sections := "\x00.gopclntab\x00.go.buildinfo\x00.noptrdata\x00.shstrtab\x00"
	file = append(file, sections...)
	for len(file)%8 != 0 {
		file = append(file, 0)
	}
	headers := len(file)
	section := func(name int, kind elf.SectionType, flags elf.SectionFlag, offset, size int) {
		file = appendWord(appendWord(file, uint64(name), 4), uint64(kind), 4)
		addr := uint64(0)
		if flags != 0 {
			addr = base + uint64(offset)
		}
		for _, v := range []uint64{uint64(flags), addr, uint64(offset), uint64(size), 0, 8, 0} {
			file = appendWord(file, v, 8)
		}
	}
	section(0, elf.SHT_NULL, 0, 0, 0)
	section(1, elf.SHT_PROGBITS, elf.SHF_ALLOC, tableOffset, len(table))
	if s.minor >= 13 {
		section(12, elf.SHT_PROGBITS, elf.SHF_ALLOC, infoOffset, len(s.buildInfo()))
	} else {
		section(0, elf.SHT_NULL, 0, 0, 0)
		copy(file[infoOffset:], make([]byte, len(s.buildInfo())))
	}
	section(26, elf.SHT_PROGBITS, elf.SHF_ALLOC|elf.SHF_WRITE, moduleOffset, dataOffset-moduleOffset+s.tree.Len())
	section(37, elf.SHT_STRTAB, 0, namesOffset, len(sections))

	head := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	for _, v := range []struct{ v, width int }{{2, 2}, {int(elf.EM_X86_64), 2}, {1, 4}, {0, 8}, {64, 8}, {headers, 8}, {0, 4},
		{64, 2}, {56, 2}, {2, 2}, {64, 2}, {5, 2}, {4, 2}} {
		head = appendWord(head, uint64(v.v), v.width)
	}
	segment := func(flags elf.ProgFlag, vaddr uint64, size int) {
		head = appendWord(appendWord(head, uint64(elf.PT_LOAD), 4), uint64(flags), 4)
		for _, v := range []uint64{0, vaddr, vaddr, uint64(size), uint64(size), 4096} {
			head = appendWord(head, v, 8)
		}
	}
	segment(elf.PF_R|elf.PF_W, base, headers)
	segment(elf.PF_R|elf.PF_X, s.old.text&^0xfff, 0x1000) // some bytes where the code was
	copy(file, head)
	return file
}
