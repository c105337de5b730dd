// Package testserver runs a shell script that starts servers for tests, and ends with the process that asked for it,
// however that ends. It is for tests only; no part of the product imports it.
package testserver

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Script is a shell script that runs servers in Dir until its standard input ends: when it is closed, or when the
// kernel closes it because this process has ended, even by SIGKILL. Then the script stops the servers and removes Dir.
type Script struct {
	Dir string
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

// Start runs a script, and returns when it says "ready". Its $1 is bin, the folder or the program that it runs; its $2
// is Dir; the others follow. Servers of databases refuse to run as root: then the first of the users that there is
// runs the script.
func Start(text, bin string, users []string, args ...string) (*Script, error) {
	// Not in TMPDIR: a socket's path must be short, and another user must be able to reach it.
	dir, err := os.MkdirTemp("/tmp", "redial-db-")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", text, "testserver", bin, dir}, args...)...)
	cmd.Dir = dir
	// Its own process group keeps Ctrl-C from reaching the server before the script.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		if cmd.SysProcAttr.Credential, err = giveAway(dir, users); err != nil {
			return nil, errors.Join(err, os.Remove(dir))
		}
	}
	s := &Script{Dir: dir, cmd: cmd}
	if s.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	return s, s.says("ready")
}

// Tell sends the script a line, and waits until it says "done".
func (s *Script) Tell(line string) error {
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		return err
	}
	return s.says("done")
}

// CPU is the processor time that a server has used so far: its own, and that of the processes that it has started. The
// first line of a file in Dir is its process id.
func (s *Script) CPU(file string) (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(s.Dir, file))
	if err != nil {
		return 0, err
	}
	id, _, _ := strings.Cut(string(text), "\n")
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var ticks int
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended; its parent has its time
		}
		switch f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])); {
		case filepath.Base(filepath.Dir(path)) == id:
			ticks += sum(f[11:15])
		case f[1] == id:
			ticks += sum(f[11:13])
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil // the kernel counts 100 a second
}

func sum(numbers []string) (n int) {
	for _, text := range numbers {
		v, _ := strconv.Atoi(text) // the kernel writes numbers
		n += v
	}
	return n
}

// Stop ends the script, and what it runs.
func (s *Script) Stop() {
	_ = s.in.Close()
	_ = s.cmd.Wait()
}

// says returns nil once the script has written a word, or an error with what it wrote instead.
func (s *Script) says(word string) error {
	line, err := s.out.ReadString('\n')
	if line == word+"\n" {
		return nil
	}
	rest, _ := io.ReadAll(s.out)
	return fmt.Errorf("running a server: %w: %s%s", errors.Join(err, s.cmd.Wait()), line, rest)
}

// giveAway makes dir the property of an ordinary user.
func giveAway(dir string, users []string) (*syscall.Credential, error) {
	for _, name := range users {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
	}
	return nil, fmt.Errorf("the server does not run as root, and there is no user %s to run it as",
		strings.Join(users, " or "))
}
