package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gctide.invalid/integration/gotable"
)

// What gctide reads from a Go program's function table, against what Go reads from it: every function, and every
// stretch of code with the same frames.

type codeFunction struct {
	entry, end uint64
	name       string
}

type codeRange struct {
	pc     uint64
	frames []gotable.Frame // innermost first
}

// symbolBuilds are the ways to build one program; a stripped one has its code where its twin has it.
var symbolBuilds = []struct {
	name, twin string
	args       []string
}{
	{"full", "", nil},
	{"stripped", "full", []string{"-ldflags=-s -w"}},
	{"pie", "", []string{"-buildmode=pie"}},
	{"pie-stripped", "pie", []string{"-buildmode=pie", "-ldflags=-s -w"}},
	{"external-pie", "", []string{"-buildmode=pie", "-ldflags=-linkmode=external"}},
	{"external-pie-stripped", "external-pie", []string{"-buildmode=pie", "-ldflags=-linkmode=external -s -w"}},
}

var symbolPrograms struct {
	sync.Mutex
	built map[string]string
	dumps map[string]string // what gosymbols_dump printed, by its arguments
}

// symbolProgram builds the sample steady in one of these ways, once.
func symbolProgram(t *testing.T, name string) string {
	t.Helper()
	symbolPrograms.Lock()
	defer symbolPrograms.Unlock()
	if path := symbolPrograms.built[name]; path != "" {
		return path
	}
	for _, b := range symbolBuilds {
		if b.name != name {
			continue
		}
		cgo := "CGO_ENABLED=0"
		if strings.HasPrefix(name, "external") {
			cgo = "CGO_ENABLED=1" // which the go command wants before it links with gcc
			if _, err := exec.LookPath("gcc"); err != nil {
				t.Skip("no gcc to link with: " + err.Error())
			}
		}
		path := filepath.Join(built.dir, "symbols-"+name)
		if err := goBuildWith(cgo, "../../samples", path, append(append([]string{}, b.args...), "./steady")...); err != nil {
			t.Fatal(err)
		}
		if symbolPrograms.built == nil {
			symbolPrograms.built = map[string]string{}
		}
		symbolPrograms.built[name] = path
		return path
	}
	t.Fatalf("no build %q", name)
	return ""
}

// dumpSymbols runs tests/tools/gosymbols_dump.
func dumpSymbols(t *testing.T, args ...string) string {
	t.Helper()
	binary := os.Getenv("GCTIDE")
	if binary == "" {
		binary = "../../build/gctide"
	}
	tool := filepath.Join(filepath.Dir(binary), "tests", "tools", "gosymbols_dump")
	if _, err := os.Stat(tool); err != nil {
		t.Skip("the program that prints the symbols is not built: " + err.Error())
	}
	symbolPrograms.Lock()
	defer symbolPrograms.Unlock()
	if text, ok := symbolPrograms.dumps[strings.Join(args, " ")]; ok {
		return text
	}
	stdout, stderr, err := output(5*patience, tool, args...)
	if err != nil {
		t.Fatalf("gosymbols_dump %v: %v\n%s", args, err, stderr)
	}
	if symbolPrograms.dumps == nil {
		symbolPrograms.dumps = map[string]string{}
	}
	symbolPrograms.dumps[strings.Join(args, " ")] = stdout
	return stdout
}

// dumpFields gives the fields of its lines.
func dumpFields(t *testing.T, args ...string) [][]string {
	t.Helper()
	var lines [][]string
	for _, line := range strings.Split(strings.TrimSuffix(dumpSymbols(t, args...), "\n"), "\n") {
		lines = append(lines, strings.Split(line, "\t"))
	}
	return lines
}

func hexadecimal(t *testing.T, text string) uint64 {
	t.Helper()
	v, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func dumpFunctions(t *testing.T, program string) []codeFunction {
	t.Helper()
	var functions []codeFunction
	for _, f := range dumpFields(t, program) {
		functions = append(functions, codeFunction{hexadecimal(t, f[0]), hexadecimal(t, f[1]), f[2]})
	}
	return functions
}

// decodeRange reads the fields "PC NAME FILE:LINE NAME FILE:LINE ...".
func decodeRange(t *testing.T, fields []string) codeRange {
	t.Helper()
	r := codeRange{pc: hexadecimal(t, fields[0])}
	for i := 1; i+1 < len(fields); i += 2 {
		colon := strings.LastIndexByte(fields[i+1], ':')
		line, err := strconv.Atoi(fields[i+1][colon+1:])
		if err != nil {
			line = -1 // "?": what debug/gosym says, too
		}
		r.frames = append(r.frames, gotable.Frame{Function: fields[i], File: fields[i+1][:colon], Line: line})
	}
	return r
}

func dumpRanges(t *testing.T, program string) []codeRange {
	t.Helper()
	var ranges []codeRange
	for _, fields := range dumpFields(t, program, "ranges") {
		ranges = append(ranges, decodeRange(t, fields))
	}
	return ranges
}

// disagreements counts, and shows the first few.
type disagreements struct {
	t     *testing.T
	count int
}

func (d *disagreements) add(format string, args ...interface{}) {
	d.t.Helper()
	if d.count++; d.count <= 10 {
		d.t.Logf(format, args...)
	}
}

// expectAtMost fails the test when there are more.
func (d *disagreements) expectAtMost(count int) {
	d.t.Helper()
	if d.count > count {
		d.t.Errorf("%d disagree, not %d at most", d.count, count)
	}
}

// expectSameDump compares all that is known of one program with all that is known of another.
func expectSameDump(t *testing.T, program, twin string) {
	t.Helper()
	for _, what := range []string{"ranges", "depths"} {
		mine, other := strings.Split(dumpSymbols(t, program, what), "\n"), strings.Split(dumpSymbols(t, twin, what), "\n")
		if len(mine) != len(other) {
			t.Fatalf("%d %s, not %d", len(mine), what, len(other))
		}
		wrong := &disagreements{t: t}
		for i := range mine {
			if mine[i] != other[i] {
				wrong.add("%s, not %s", mine[i], other[i])
			}
		}
		t.Logf("%s: %d %s compared, %d disagree", runtime.Version(), len(mine)-1, what, wrong.count)
		wrong.expectAtMost(0)
	}
}

// compareTable holds every function, and both ends of every range, or every place of code, against debug/gosym.
func compareTable(t *testing.T, program string, everywhere bool) {
	table, err := gotable.OpenTable(program)
	if err != nil {
		t.Fatal(err)
	}
	functions := dumpFunctions(t, program)
	if len(functions) != len(table.Funcs) {
		t.Fatalf("%d functions, not %d", len(functions), len(table.Funcs))
	}
	wrong := &disagreements{t: t}
	for i, f := range functions {
		if want := table.Funcs[i]; f.entry != want.Entry || f.end != want.End || f.name != want.Name {
			wrong.add("%+v, not %s at %x-%x", f, want.Name, want.Entry, want.End)
		}
	}
	ranges := dumpRanges(t, program)
	places := 0
	for i, r := range ranges {
		end := functions[len(functions)-1].end
		if i+1 < len(ranges) {
			end = ranges[i+1].pc
		}
		if len(r.frames) == 0 {
			wrong.add("%x: no frame", r.pc)
			continue
		}
		step := uint64(1)
		if end-r.pc > 1 && !everywhere {
			step = end - r.pc - 1 // the first and the last place
		}
		for pc := r.pc; pc < end; pc += step {
			file, line, f := table.PCToLine(pc)
			if file == "" {
				line = -1 // debug/gosym reads on when there is no table of lines
			}
			if f == nil || r.frames[len(r.frames)-1].Function != f.Name || r.frames[0].File != file || r.frames[0].Line != line {
				wrong.add("%x: %+v, not %+v %s:%d", pc, r.frames, f, file, line)
			}
			places++
		}
	}
	t.Logf("%s: %d functions, %d ranges, %d places compared with debug/gosym, %d disagree", runtime.Version(),
		len(functions), len(ranges), places, wrong.count)
	wrong.expectAtMost(0)
}

func TestSymbolsAreThoseOfGosym(t *testing.T) {
	for _, b := range symbolBuilds {
		b := b
		t.Run(b.name, func(t *testing.T) {
			program := symbolProgram(t, b.name)
			if b.twin == "" {
				compareTable(t, program, b.name == "full")
			} else { // there is nothing else to compare with
				expectSameDump(t, program, symbolProgram(t, b.twin))
			}
		})
	}
}

// TestSymbolsNeedNoSections: a program whose section headers are gone.
func TestSymbolsNeedNoSections(t *testing.T) {
	for _, name := range []string{"stripped", "pie-stripped", "external-pie-stripped"} {
		t.Run(name, func(t *testing.T) {
			program := symbolProgram(t, name)
			bytes, err := os.ReadFile(program)
			if err != nil {
				t.Fatal(err)
			}
			copy(bytes[40:48], make([]byte, 8)) // e_shoff
			copy(bytes[58:64], make([]byte, 6)) // e_shentsize, e_shnum, e_shstrndx
			bare := filepath.Join(t.TempDir(), "bare")
			if err := os.WriteFile(bare, bytes, 0o755); err != nil {
				t.Fatal(err)
			}
			expectSameDump(t, bare, program)
		})
	}
}

// bracketed is how the runtime writes the name of an instance of a generic function.
var bracketed = regexp.MustCompile(`\[.*\]`)

// wrapper matches what the compiler marks as a wrapper beside the methods that it writes; the runtime leaves out wrappers
// around others (runtime.elideWrapperCalling).
var wrapper = regexp.MustCompile(`\.(deferwrap|gowrap)\d*$|^reflect\.call(Reflect|Method)$|^runtime\.deferreturn$`)

// fromInside asks the program insider about its own code.
func fromInside(t *testing.T, program string, ranges []codeRange) []codeRange {
	t.Helper()
	var question bytes.Buffer
	for _, r := range ranges {
		fmt.Fprintf(&question, "%x\n", r.pc)
	}
	cmd := exec.Command(program)
	cmd.Stdin = &question
	answer, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []codeRange
	for _, line := range strings.Split(strings.TrimSpace(string(answer)), "\n") {
		r := decodeRange(t, strings.Split(line, "\t"))
		for i, f := range r.frames {
			if f.File == "?" && f.Line == 0 {
				r.frames[i].File, r.frames[i].Line = "", -1
			}
		}
		answers = append(answers, r)
	}
	if len(answers) != len(ranges) {
		t.Fatalf("%d answers, not %d", len(answers), len(ranges))
	}
	return answers
}

// asRuntime gives frames as the runtime tells them.
func asRuntime(frames []gotable.Frame, chains bool, nameless string) []gotable.Frame {
	var told []gotable.Frame
	for i, f := range frames {
		if i > 0 && (!chains || wrapper.MatchString(f.Function) || f.File == "<autogenerated>") {
			continue
		}
		if f.Function == nameless {
			f.Function = ""
		}
		f.Function = bracketed.ReplaceAllString(f.Function, "[...]")
		told = append(told, f)
	}
	return told
}

// TestSymbolsAreThoseOfTheRuntime: what the runtime itself says from inside of a program about every range of it; of
// the frames around the innermost one, too, where it tells them (Go 1.23).
func TestSymbolsAreThoseOfTheRuntime(t *testing.T) {
	program := filepath.Join(built.dir, "insider")
	if err := goBuild(".", program, "./insider"); err != nil {
		t.Fatal(err)
	}
	ends, functions := map[uint64]bool{}, dumpFunctions(t, program)
	for _, f := range functions {
		ends[f.end] = true
	}
	var ranges []codeRange
	skipped := 0
	for _, r := range dumpRanges(t, program) {
		// CallersFrames is asked with the address behind, which is in the next function then
		if ends[r.pc+1] {
			skipped++
		} else {
			ranges = append(ranges, r)
		}
	}
	chains := releaseOf(t, program) >= 23
	wrong, inlined, frames := &disagreements{t: t}, 0, 0
	for i, answer := range fromInside(t, program, ranges) {
		// the name at the front of the table of names is none to the runtime (moduledata.funcName)
		told := asRuntime(ranges[i].frames, chains, functions[0].name)
		frames += len(told)
		if len(ranges[i].frames) > 1 {
			inlined++
		}
		if fmt.Sprint(told) != fmt.Sprint(answer.frames) {
			wrong.add("%x: %+v, not %+v", ranges[i].pc, told, answer.frames)
		}
	}
	t.Logf("%s: %d ranges (%d of inlined code), %d frames compared with runtime.CallersFrames, %d disagree, %d at the end of a function left out",
		runtime.Version(), len(ranges), inlined, frames, wrong.count, skipped)
	wrong.expectAtMost(0)
}

// releaseOf gives the N of the Go 1.N that built a program.
func releaseOf(t *testing.T, program string) int {
	t.Helper()
	text, err := exec.Command(built.goCmd, "version", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	return minorOf(t, string(text))
}

// minorOf gives the N of the first "go1.N" in a text.
func minorOf(t *testing.T, text string) int {
	t.Helper()
	m := regexp.MustCompile(`go1\.(\d+)`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no release of Go in %q", text)
	}
	minor, _ := strconv.Atoi(m[1])
	return minor
}

// TestSymbolsAreThoseOfDWARF: the functions that were inlined, and from where. Before Go 1.21, DWARF lacks what was
// inlined into methods that the compiler wrote, and the linker writes [...] into the names of the function table. The lines
// differ where the compiler moved an instruction behind the making of one of both, and where an init function has
// no line in one of both; that is less than 1 range of 3000.
func TestSymbolsAreThoseOfDWARF(t *testing.T) {
	for _, name := range []string{"full", "pie"} {
		t.Run(name, func(t *testing.T) {
			program := symbolProgram(t, name)
			dwarf, err := gotable.OpenInlining(program)
			if err != nil {
				t.Fatal(err)
			}
			names, lines := &disagreements{t: t}, &disagreements{t: t}
			compared, inlined, padding, generated := 0, 0, 0, 0
			for _, r := range dumpRanges(t, program) {
				if r.frames[0].File == "" {
					padding++
					continue
				}
				want := dwarf.Frames(r.pc)
				compared++
				if len(r.frames) > 1 {
					inlined++
				}
				if len(want) > 0 && want[0].File == "" && r.frames[0].File == "<autogenerated>" {
					want[0] = gotable.Frame{Function: want[0].Function, File: "<autogenerated>", Line: r.frames[0].Line}
					generated++ // the line table of DWARF has nothing of what no one wrote
				}
				if functionNames(r.frames) != functionNames(want) {
					names.add("%x: %+v, not %+v", r.pc, r.frames, want)
				} else if fmt.Sprint(r.frames) != fmt.Sprint(want) {
					lines.add("%x: %+v, not %+v", r.pc, r.frames, want)
				}
			}
			t.Logf("%s: %d ranges (%d of inlined code) compared with debug/dwarf, %d disagree in names, %d in lines alone, %d of padding left out, %d without line in DWARF",
				runtime.Version(), compared, inlined, names.count, lines.count, padding, generated)
			if releaseOf(t, program) >= 21 {
				names.expectAtMost(0)
			}
			names.expectAtMost(compared / 3000)
			lines.expectAtMost(compared / 3000)
		})
	}
}

func functionNames(frames []gotable.Frame) string {
	var names []string
	for _, f := range frames {
		names = append(names, f.Function)
	}
	return strings.Join(names, " < ")
}

// TestSymbolsHaveTheDepthsOfDWARF: the linker writes .debug_frame from the same depths (amd64).
func TestSymbolsHaveTheDepthsOfDWARF(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the frame information of amd64 only")
	}
	program := symbolProgram(t, "full")
	dwarf, err := gotable.OpenDepths(program)
	if err != nil {
		t.Fatal(err)
	}
	wrong, compared, unknown := &disagreements{t: t}, 0, 0
	for _, fields := range dumpFields(t, program, "depths") {
		pc := hexadecimal(t, fields[0])
		want, known := dwarf.At(pc)
		if !known {
			unknown++
			continue
		}
		compared++
		text := fmt.Sprint(want)
		if want < 0 { // an assembly routine that has dropped its return address
			text = "?"
		}
		if fields[1] != text {
			wrong.add("%x: %s, not %d", pc, fields[1], want)
		}
	}
	t.Logf("%s: %d depths compared with .debug_frame, %d disagree, %d not in it", runtime.Version(), compared, wrong.count, unknown)
	wrong.expectAtMost(0)
}
