package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"redial/internal/store/engine"
)

var insertTriggerSecret = insertion("trigger_secrets", triggerSecretColumns(new(TriggerSecret)))

const (
	expireTriggerSecrets = `UPDATE trigger_secrets SET expires_at = $2
		WHERE trigger_name = $1 AND (expires_at IS NULL OR expires_at > $2)`
	forgetTriggerSecrets = `DELETE FROM trigger_secrets WHERE hash IN ($1)`
)

const (
	maxTriggerSecrets = 10_000 // in all: every node has all of them in memory
	ofTrigger         = 10     // that are kept: the newest, with those that have expired
)

// ErrTriggerSecrets is returned where no trigger can have another secret.
var ErrTriggerSecrets = errors.New("there are as many secrets of triggers as there can be")

// HasSecretError is returned where a trigger has a secret that works.
type HasSecretError struct{ Secret TriggerSecret }

func (e *HasSecretError) Error() string {
	return "the trigger " + e.Secret.Trigger + " has a secret that works"
}

// AddTriggerSecret stores a trigger's first secret. Where it has one that works, nothing is stored, and the error is a
// *HasSecretError.
func (s *Store) AddTriggerSecret(ctx context.Context, by Asker, x TriggerSecret) error {
	return s.changeTriggerSecrets(ctx, by, x, SecretCreate, func(_ *tx, of []TriggerSecret) error {
		for _, old := range of {
			if old.Works(x.MadeAt) {
				return &HasSecretError{old}
			}
		}
		return nil
	})
}

// RotateTriggerSecret stores a trigger's secret. Those before work until then at the latest.
func (s *Store) RotateTriggerSecret(ctx context.Context, by Asker, x TriggerSecret, until time.Time) error {
	return s.changeTriggerSecrets(ctx, by, x, SecretRotate, func(t *tx, _ []TriggerSecret) error {
		t.add(engine.Statement{SQL: expireTriggerSecrets, Args: []any{x.Trigger, micros(until)}})
		return nil
	})
}

// changeTriggerSecrets stores a secret, unless the change of those that its trigger has fails.
func (s *Store) changeTriggerSecrets(
	ctx context.Context, by Asker, x TriggerSecret, what Deed, change func(*tx, []TriggerSecret) error,
) error {
	err := s.changeKeys(ctx, by, x.MadeAt, func(t *tx, _ []Key) error {
		var of []TriggerSecret
		all := 0
		t.add(readTriggerSecrets(func(old *TriggerSecret) {
			all++
			if old.Trigger == x.Trigger {
				of = append(of, *old)
			}
		}))
		if err := t.flush(); err != nil {
			return err
		}
		if err := change(t, of); err != nil {
			return err
		}
		if len(of) >= ofTrigger {
			t.add(engine.Statement{SQL: forgetTriggerSecrets, Args: []any{hashes(of[:len(of)-ofTrigger+1])}})
		} else if all >= maxTriggerSecrets {
			return ErrTriggerSecrets
		}
		if err := t.write(&insertTriggerSecret, [][]column{triggerSecretColumns(&x)}, nil); err != nil {
			return err
		}
		return t.note(by, AuditEntry{At: x.MadeAt, What: what, Of: x.Trigger, Detail: "…" + x.Hint})
	})
	if err != nil {
		return fmt.Errorf("making a secret of the trigger %s: %w", x.Trigger, err)
	}
	return nil
}

func hashes(of []TriggerSecret) (list engine.List) {
	for _, x := range of {
		list = append(list, x.Hash)
	}
	return list
}
