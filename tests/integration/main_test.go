// Package integration drives the real gctide over real Go programs and holds its figures against what
// those programs know of themselves.
//
// GCTIDE names the binary (default ../../build/gctide). The samples are built once, with the `go` on the
// PATH, into a temporary directory.
package integration

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// built is where things are; set once by TestMain, read by all tests.
var built struct {
	dir     string // of everything, readable by every user
	gctide  string // a copy of the binary, so that every user can run it
	samples string
	goCmd   string
}

func sample(name string) string { return filepath.Join(built.samples, name) }

func TestMain(m *testing.M) {
	status := 1
	err := prepare()
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
	} else {
		status = m.Run()
	}
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(status)
}

func prepare() error {
	syscall.Umask(0o022) // an ordinary user is to reach what we build
	binary := os.Getenv("GCTIDE")
	if binary == "" {
		binary = "../../build/gctide"
	}
	var err error
	if built.dir, err = os.MkdirTemp("", "gctide-integration-"); err != nil {
		return err
	}
	if err := os.Chmod(built.dir, 0o755); err != nil {
		return err
	}
	built.gctide = filepath.Join(built.dir, "gctide")
	if err := copyFile(binary, built.gctide, 0o755); err != nil {
		return fmt.Errorf("no gctide to test (GCTIDE=%q): %w", binary, err)
	}
	if built.goCmd, err = exec.LookPath("go"); err != nil {
		return err
	}
	built.samples = filepath.Join(built.dir, "samples")
	if err := os.Mkdir(built.samples, 0o755); err != nil {
		return err
	}
	if err := goBuild("../../samples", built.samples+"/", "./..."); err != nil {
		return err
	}
	if err := goBuild("../../samples", sample("stripped"), "-ldflags=-s -w", "./steady"); err != nil {
		return err
	}
	if err := goBuild(".", sample("giver"), "./giver"); err != nil {
		return err
	}
	return goBuild(".", sample("witness"), "./witness")
}

// goBuild builds packages of the module in dir, without network, C compiler, or a writable home.
func goBuild(dir, out string, args ...string) error {
	return goBuildWith("CGO_ENABLED=0", dir, out, args...)
}

// goBuildWith does so under a setting of the environment.
func goBuildWith(setting, dir, out string, args ...string) error {
	cmd := exec.Command(built.goCmd, append([]string{"build", "-o", out}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOTOOLCHAIN=local", "GO111MODULE=on", "GOPROXY=off", setting)
	if cache, err := exec.Command(built.goCmd, "env", "GOCACHE").Output(); err != nil ||
		!canWrite(strings.TrimSpace(string(cache))) {
		cmd.Env = append(cmd.Env, "GOCACHE="+filepath.Join(built.dir, "go-cache"))
	}
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %v in %s: %w\n%s", args, dir, err, text)
	}
	return nil
}

// canWrite tells whether files can be made in the directory, which is made when it is missing.
func canWrite(dir string) bool {
	if !filepath.IsAbs(dir) || os.MkdirAll(dir, 0o755) != nil {
		return false
	}
	probe, err := os.CreateTemp(dir, "probe-")
	if err != nil {
		return false
	}
	probe.Close()
	os.Remove(probe.Name())
	return true
}

func copyFile(from, to string, mode os.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
