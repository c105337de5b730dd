package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"github.com/chromedp/chromedp"
)

// programs are the names of browsers that will do, the best first.
var programs = []string{"chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "chrome"}

// endScript runs the command line in its arguments, and then removes the directory $0.
const endScript = `"$@"
until rm -rf "$0"; do sleep 0.1; done` // processes that are about to end may still write

// started starts the Chromium of this test binary. It ends with the binary, however that ends: Chromium goes when the
// pipe is closed through which it is told what to do.
var started = sync.OnceValues(func() (context.Context, error) {
	program, err := find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redial-chromium-")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(dir),
		// Only pages of these tests are shown. The sandbox does not work for root, nor in many containers.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-component-extensions-with-background-pages", true),
		chromedp.Flag("hide-scrollbars", true),
		// Whatever is not on this machine does not exist.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]"),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.Args = append([]string{"sh", "-c", endScript, dir}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
			cmd.Path = "/bin/sh"
			// Its own process group keeps Ctrl-C from ending the script before Chromium.
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		}),
	)
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", program, err), os.RemoveAll(dir))
	}
	return ctx, nil
})

func find() (string, error) {
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium: scripts/install-test-deps installs it")
}
