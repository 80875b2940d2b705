package gotable

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"io"
	"sort"
)

// Inlining is what a program's debug information says about its functions, the calls inlined into them, and lines.
type Inlining struct {
	functions []*scope // in the order of their addresses
	sequences []sequence
}

type interval [2]uint64

// scope is a function, or a call that was inlined into one.
type scope struct {
	ranges    []interval
	name      string
	startLine int
	callFile  string // of an inlined call
	callLine  int
	inner     []*scope
}

type row struct {
	address uint64
	file    string
	line    int
}

// sequence is a stretch of the line table: from its first row up to end.
type sequence struct {
	rows []row
	end  uint64
}

// reader is what is needed while the tree is read.
type reader struct {
	data   *dwarf.Data
	names  map[dwarf.Offset]*origin
	result *Inlining
	files  []*dwarf.LineFile // of the unit
}

// origin is what an inlined call says about the function by pointing to it.
type origin struct {
	name      string
	startLine int
}

// OpenInlining reads the debug information of a program that was not stripped.
func OpenInlining(path string) (*Inlining, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := file.DWARF()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r := &reader{data: data, names: map[dwarf.Offset]*origin{}, result: &Inlining{}}
	if err := r.readNames(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := r.readUnits(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	sort.Slice(r.result.functions, func(i, j int) bool {
		return r.result.functions[i].ranges[0][0] < r.result.functions[j].ranges[0][0]
	})
	sort.Slice(r.result.sequences, func(i, j int) bool {
		return r.result.sequences[i].rows[0].address < r.result.sequences[j].rows[0].address
	})
	return r.result, nil
}

// readNames notes every function by its place: inlined calls point to functions of any unit.
func (r *reader) readNames() error {
	for entries := r.data.Reader(); ; {
		e, err := entries.Next()
		if err != nil || e == nil {
			return err
		}
		if e.Tag == dwarf.TagSubprogram {
			name, _ := e.Val(dwarf.AttrName).(string)
			line, _ := e.Val(dwarf.AttrDeclLine).(int64)
			r.names[e.Offset] = &origin{name, int(line)}
			entries.SkipChildren()
		}
	}
}

func (r *reader) readUnits() error {
	for entries := r.data.Reader(); ; {
		e, err := entries.Next()
		if err != nil || e == nil {
			return err
		}
		switch e.Tag {
		case dwarf.TagCompileUnit:
			language, _ := e.Val(dwarf.AttrLanguage).(int64)
			if language != 0x16 { // DW_LANG_Go
				entries.SkipChildren()
				continue
			}
			if err := r.readLines(e); err != nil {
				return err
			}
		case dwarf.TagSubprogram:
			f, err := r.readScope(entries, e)
			if err != nil {
				return err
			}
			if len(f.ranges) > 0 {
				r.result.functions = append(r.result.functions, f)
			}
		default:
			entries.SkipChildren()
		}
	}
}

// readLines notes the rows of the line table of a unit.
func (r *reader) readLines(unit *dwarf.Entry) error {
	lines, err := r.data.LineReader(unit)
	if err != nil || lines == nil {
		return err
	}
	var now sequence
	var e dwarf.LineEntry
	for {
		if err := lines.Next(&e); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		if e.EndSequence {
			now.end = e.Address
			if len(now.rows) > 0 {
				r.result.sequences = append(r.result.sequences, now)
			}
			now = sequence{}
			continue
		}
		file := ""
		if e.File != nil {
			file = e.File.Name
		}
		now.rows = append(now.rows, row{e.Address, file, e.Line})
	}
	r.files = lines.Files()
	return nil
}

// readScope reads a function or an inlined call, and the calls inlined into it.
func (r *reader) readScope(entries *dwarf.Reader, e *dwarf.Entry) (*scope, error) {
	s := &scope{}
	s.name, _ = e.Val(dwarf.AttrName).(string)
	if of, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); ok && r.names[of] != nil {
		s.name, s.startLine = r.names[of].name, r.names[of].startLine
	}
	if number, ok := e.Val(dwarf.AttrCallFile).(int64); ok && number > 0 && int(number) < len(r.files) && r.files[number] != nil {
		s.callFile = r.files[number].Name
	}
	line, _ := e.Val(dwarf.AttrCallLine).(int64)
	s.callLine = int(line)
	ranges, err := r.data.Ranges(e)
	if err != nil {
		return nil, err
	}
	for _, i := range ranges {
		s.ranges = append(s.ranges, interval(i))
	}
	if !e.Children {
		return s, nil
	}
	for {
		e, err := entries.Next()
		if err != nil {
			return nil, err
		}
		if e == nil || e.Tag == 0 {
			return s, nil
		}
		if e.Tag != dwarf.TagInlinedSubroutine && e.Tag != dwarf.TagLexDwarfBlock {
			entries.SkipChildren()
			continue
		}
		inner, err := r.readScope(entries, e)
		if err != nil {
			return nil, err
		}
		if e.Tag == dwarf.TagLexDwarfBlock {
			s.inner = append(s.inner, inner.inner...)
		} else {
			s.inner = append(s.inner, inner)
		}
	}
}

func (s *scope) has(pc uint64) bool {
	for _, r := range s.ranges {
		if r[0] <= pc && pc < r[1] {
			return true
		}
	}
	return false
}

// deepest gives the innermost scope at pc, and those around it; nil when there is none. Before Go 1.16 a call has not the
// ranges of the calls inlined into it, so that those are looked for in every scope.
func (s *scope) deepest(pc uint64) []*scope {
	for _, inner := range s.inner {
		if chain := inner.deepest(pc); chain != nil {
			return append(chain, s)
		}
	}
	if s.has(pc) {
		return []*scope{s}
	}
	return nil
}

// Place gives the file and the line of pc.
func (in *Inlining) Place(pc uint64) (file string, line int) {
	i := sort.Search(len(in.sequences), func(i int) bool { return in.sequences[i].rows[0].address > pc })
	if i == 0 || pc >= in.sequences[i-1].end {
		return "", 0
	}
	rows := in.sequences[i-1].rows
	at := rows[sort.Search(len(rows), func(i int) bool { return rows[i].address > pc })-1]
	return at.file, at.line
}

// Frames gives the functions at pc, innermost first; nil when there is none.
func (in *Inlining) Frames(pc uint64) []Frame {
	i := sort.Search(len(in.functions), func(i int) bool { return in.functions[i].ranges[0][0] > pc })
	if i == 0 || !in.functions[i-1].has(pc) {
		return nil
	}
	chain := in.functions[i-1].deepest(pc)
	var frames []Frame
	file, line := in.Place(pc)
	for _, s := range chain {
		frames = append(frames, Frame{s.name, file, line})
		file, line = s.callFile, s.callLine
	}
	return frames
}
