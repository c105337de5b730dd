package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"redial/internal/sim"
)

// phoneFlags are the flags for simulated phones, of redial sim and of redial desk.
type phoneFlags struct {
	Speed   float64 `help:"How much faster than life phones ring; default ${default}." default:"1" placeholder:"N"`
	Script  scripts `help:"What a phone does, call by call: '+819012345678=no-answer,busy,answer'; @FILE: a line for each." placeholder:"NUMBER=STEPS;…"`
	Default string  `help:"What other phones do; default ${default}." default:"answer" placeholder:"STEPS"`
	Faults  string  `help:"Rates of faults as JSON: '{\"callback_lost\": 0.1}'." placeholder:"JSON"`
	Seed    uint64  `help:"Of the faults; the same seed makes the same ones." default:"1" placeholder:"N"`
}

// This is the account that sim serves by default.
const (
	simAccount = "AC00000000000000000000000000000000"
	simToken   = "simtoken"
)

// Validate refuses settings that no simulated phone has, before anything is started.
func (f *phoneFlags) Validate() error {
	c, err := f.config()
	if err != nil {
		return err
	}
	c.AccountSID, c.AuthToken = simAccount, simToken
	phones, err := sim.New(c)
	if err == nil {
		phones.Close()
	}
	return err
}

func (f *phoneFlags) config() (sim.Config, error) {
	c := sim.Config{Speed: f.Speed, Seed: f.Seed, Scripts: f.Script, Default: f.Default}
	if !(f.Speed > 0) || math.IsInf(f.Speed, 1) { // this also refuses NaN
		return c, errors.New("--speed must be more than 0, such as 20")
	}
	return c, asJSON("--faults", f.Faults, &c.Faults)
}

// asJSON parses the value of a flag, if there is one, and refuses unknown fields.
func asJSON(flag, value string, into any) error {
	if value == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(value))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("something follows its end")
		}
	}
	if err != nil {
		return fmt.Errorf("%s can't be read: %s", flag, strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// scripts say what phones do, by number.
type scripts map[string]string

// Decode reads NUMBER=STEPS, several with semicolons between them, or a file of them. If a number comes twice, the
// last one counts.
func (s *scripts) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("script", &text); err != nil {
		return err
	}
	if file, ok := strings.CutPrefix(text, "@"); ok {
		bytes, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("reading the scripts: %w", err)
		}
		text = string(bytes)
	}
	all := scripts{}
	maps.Copy(all, *s)
	*s = all
	return s.read(text)
}

func (s scripts) read(text string) error {
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for one := range strings.SplitSeq(line, ";") {
			if one = strings.TrimSpace(one); one == "" {
				continue
			}
			number, steps, ok := strings.Cut(one, "=")
			if !ok {
				return fmt.Errorf("%q says nothing of a phone: it takes the form +819012345678=no-answer,busy,answer", one)
			}
			s[strings.TrimSpace(number)] = strings.TrimSpace(steps)
		}
	}
	return nil
}

// numbers are the numbers that have a script, sorted.
func (s scripts) numbers() []string { return slices.Sorted(maps.Keys(s)) }
