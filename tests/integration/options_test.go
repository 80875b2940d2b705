package integration

import (
	"io"
	"os"
	"syscall"
	"testing"
)

// TestSignalDispositionsAreInherited compares what the target ignores and blocks with what it would have
// without gctide, under nohup and its like.
func TestSignalDispositionsAreInherited(t *testing.T) {
	for name, prefix := range map[string][]string{
		"none":       nil,
		"PIPE HUP":   {"/bin/sh", "-c", `trap "" PIPE HUP; exec "$@"`, "sh"},
		"background": {"/bin/sh", "-c", `trap "" XFSZ INT QUIT; exec "$@"`, "sh"},
		"users":      {"/bin/sh", "-c", `trap "" TERM USR1 USR2 WINCH; exec "$@"`, "sh"},
		"CHLD":       {"env", "--ignore-signal=CHLD"}, // which shells keep for themselves
		"PIPE":       {"env", "--ignore-signal=PIPE"},
	} {
		name, prefix := name, prefix
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			look := []string{"grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"}
			r := newRun(t)
			r.prefix = prefix
			r.start(look...)
			want := r.wait().stdout
			if r.status != 0 {
				t.Skip(r.stderr)
			}
			r.record(nil, look...).expectStatus(0)
			if r.stdout != want {
				t.Errorf("the target has\n%s, without gctide\n%s", r.stdout, want)
			}
		})
	}
}

// TestOptionsThatCannotBeMeant are refused before anything is started.
func TestOptionsThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options []string
		says    string
	}{
		{[]string{"--duration", "0"}, "record: --duration wants a time above 0"},
		{[]string{"--duration=0s"}, "record: --duration wants a time above 0"},
		{[]string{"-o", ""}, "record: --output wants the name of a file"},
		{[]string{"-qx"}, "record: there is no option '-x' (in '-qx')"},
	} {
		r := newRun(t).gctide(append(append([]string{"record"}, c.options...), "--", "echo", "ran")...)
		r.expectStatus(2)
		r.expectMessage("gctide: "+c.says, "hint: gctide record --help")
		if r.stdout != "" {
			t.Errorf("%q: the target ran", c.options)
		}
		if left, _ := os.ReadDir(r.dir); len(left) != 2 { // stdout and stderr
			t.Errorf("%q: %v is left", c.options, left)
		}
	}
}

func TestJoinedLetters(t *testing.T) {
	t.Parallel()
	r := newRun(t).gctide("record", "-qo", "run.rec", "--", "sh", "-c", "exit 3")
	r.expectStatus(3)
	equal(t, "exit_status", r.report().Target.ExitStatus, 3)
	r.inspect("report", "-fjson", "-n1").expectStatus(0)
}

// TestNamedPipeWithoutReader: nothing waits for somebody who may never come.
func TestNamedPipeWithoutReader(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	if err := syscall.Mkfifo(r.path("run.rec"), 0o666); err != nil {
		t.Skip(err)
	}
	r.record(nil, "echo", "ran").expectStatus(125)
	r.expectMessage("cannot create 'run.rec'", "a named pipe that nobody reads")
	if r.stdout != "" {
		t.Error("the target ran")
	}
	for _, command := range []string{"report", "dump"} {
		shown := r.inspect(command)
		shown.expectStatus(1)
		shown.expectMessage("is a pipe or a terminal")
	}
	reader, err := os.OpenFile(r.path("run.rec"), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	r.record(nil, "true").expectStatus(0)
	content, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.path("copy.rec"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	r.again().gctide("report", r.path("copy.rec")).expectStatus(0)
}
