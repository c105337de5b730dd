package spoken

import (
	"slices"
	"strings"
	"unicode"
)

// clauses are English sentences of alerts, and how somebody who speaks Japanese would say them on the phone. The first
// that fits counts. A and B stand for names of things, N and M for numbers; x|y is either word, and x? one that may be
// missing. All words are lower case.
var clauses = compile(`
A answers|answer N of B with M = AがBのNに、Mで応答しています
A is|are? N full|used = Aの使用率がNです
A is|are? almost|nearly full = Aがほぼ満杯です
A is|are? full = Aが満杯です
A is|are filling up = Aの空きが少なくなっています
A has|have only? N available|free? space left|free|available|remaining = Aの空き容量がNです
A has|have only? N left|free|available|remaining = Aの残りがNです
only? N left|remaining = 残りはNです
A is|are? out of memory = Aがメモリー不足です
A is|are? out of disk? space = Aが容量不足です
no data for A = Aのデータがありません
error in A = Aでエラーが起きています
no A for N = Aが、N間ありません
due to no A = Aがないためです
for N = Nにわたって続いています
A is|are? wet = Aが濡れています
no A from B = BからAがありません
A has|have no B = AにBがありません
no A = Aがありません
A is|are? not ready = Aの準備ができていません
A is|are? not available = Aが利用できません
A is|are? not running|working = Aが動いていません
A is|are? not responding|answering = Aが応答しません
A does|do not respond|answer|reply = Aが応答しません
A did|does|has|have not finish|finished|complete|completed = Aが終わっていません
A did|does|has|have not start|started = Aが始まっていません
A is|are|was|were not sent = Aが送信されていません
A is|are|was|were? not found = Aが見つかりません
A can|could not be reached = Aに接続できません
A can|could not connect to B = AがBに接続できません
A is|are? not reachable = Aに接続できません
A is|are? unreachable = Aに接続できません
A is|are? unavailable = Aが利用できません
A is|are? missing|absent|lost = Aがありません
missing A = Aがありません
A is|are? crash? looping = Aがクラッシュを繰り返しています
A has|have not matched expected number of replicas = Aのレプリカ数が想定と異なります
A mismatch = Aが一致しません
A has|have insufficient number of B = AのBの数が不足しています
A has|have insufficient B = AのBが不足しています
insufficient A = Aが不足しています
A insufficient = Aが不足しています
A will? expire|expires|expiring in N = Aの期限が、あとNで切れます
A will? expire|expires|expiring soon = Aの期限がまもなく切れます
A will? expire|expires|expiring today = Aの期限が今日切れます
A will? expire|expires|expiring tomorrow = Aの期限が明日切れます
A will? expire|expires|expiring on N = Aの期限はNです
A will? expire|expires|expiring = Aの期限が近づいています
A has|is|are? expired N ago = Aの期限がN前に切れました
A has|is|are? expired = Aの期限が切れています
timeout of N exceeded = Nでタイムアウトしました
connection timed out at N = Nへの接続がタイムアウトしました
connection refused at N = Nへの接続が拒否されました
connection reset at N = Nとの接続が切断されました
connection refused = 接続が拒否されました
connection reset = 接続が切断されました
A has|have? timed out = Aがタイムアウトしました
A exited with code|status N = Aがコード Nで終了しました
A failed with status? code? N = Aがコード Nで失敗しました
A has|have? failed N times = AがN回失敗しました
A has|have? failed N times in row = Aが続けてN回失敗しました
A has|have|is|are? failed|failing = Aが失敗しました
A failure|failures = Aが失敗しました
A has|have|is|are|was? restarted|rebooted = Aが再起動しました
A is|are? back? up|recovered = Aが復旧しました
A is|are? down|stopped|dead = Aが停止しています
A is|are? offline = Aがオフラインです
A is|are? too? slow = Aが遅くなっています
A is|are too? long = Aが長くなっています
A is|are? too? high = Aが高くなっています
high A = Aが高くなっています
A is|are? critically? low = Aが少なくなっています
low A = Aが少なくなっています
A is|are? degraded = Aの機能が低下しています
A is|are? stuck|stalled = Aが止まったままです
A is|are? behind|lagging|delayed = Aが遅れています
A has|have|was|were? detected = Aが検出されました
A is|are? open|opened = Aが開いています
A is|are? closed = Aが閉まっています
A is|are above|over N = AがNを超えています
A exceeds|exceeded N = AがNを超えています
A is|are below|under N = AがNを下回っています
A is|are N = AがNです
N A wait|waiting|pending = AがN件、待っています
A is|are B = Aが、Bです
`)

// clause is an English sentence as a list of words, slots and words that may be missing, and its Japanese.
type clause struct {
	parts []part
	said  string
}

type part struct {
	slot  byte // A, B, N, M; 0 for a word
	words []string
	maybe bool
}

func compile(lines string) (all []clause) {
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		pattern, said, _ := strings.Cut(strings.TrimSpace(line), " = ")
		c := clause{said: said}
		for word := range strings.FieldsSeq(pattern) {
			one := part{words: strings.Split(strings.TrimSuffix(word, "?"), "|"), maybe: strings.HasSuffix(word, "?")}
			if len(word) == 1 && strings.Contains("ABNM", word) {
				one = part{slot: word[0]}
			}
			c.parts = append(c.parts, one)
		}
		all = append(all, c)
	}
	return all
}

// longestClause bounds the words of a clause: more are not said in the time that there is, and trying every pattern on
// them would take long.
const longestClause = 16

// sentenceOf is what a Japanese speaker would say instead of a clause in English. It is false if none is known.
func sentenceOf(all items) (said string, ok bool) {
	if all = uncontracted(all); len(all) > longestClause {
		return "", false
	}
	lasting := ""
	all = withoutWords(all, "the", "a", "an", "currently", "now", "one or more")
	all, lasting = lastingOf(compared(all))
	for i := range clauses {
		found := map[byte]string{}
		if clauses[i].may(all) && fits(clauses[i].parts, all, found) {
			said = clauses[i].said
			for _, slot := range []byte("ABNM") {
				said = strings.ReplaceAll(said, string(slot), found[slot])
			}
			return lasting + said, true
		}
	}
	if said, ok = thingOf(all); ok && lasting != "" {
		return lasting + said + "です", true
	}
	return "", false
}

// compared reads "less than 3 percent" as it reads "<3%".
func compared(all items) (rest items) {
	for i := 0; i < len(all); i++ {
		by := equal
		if i+2 < len(all) && all[i+2].kind == number {
			switch {
			case all[i].is("less", "fewer", "lower") && all[i+1].is("than"):
				by = below
			case all[i].is("more", "greater", "higher", "longer") && all[i+1].is("than"):
				by = above
			case all[i].is("at") && all[i+1].is("least"):
				by = atLeast
			case all[i].is("at") && all[i+1].is("most"):
				by = atMost
			}
		}
		if by != equal {
			i += 2
		}
		one := all[i]
		if by != equal {
			one.compar = by
		}
		rest = append(rest, one)
	}
	return rest
}

// lastingOf takes "for 5 minutes" off the end of a clause.
func lastingOf(all items) (rest items, said string) {
	n := len(all)
	if n < 3 || all[n-1].kind != number || durations[all[n-1].unit] == 0 {
		return all, ""
	}
	begin := n - 2
	if all[begin].is("last") && begin > 0 {
		begin--
	}
	if !all[begin].is("for") || all[0].is("no") {
		return all, ""
	}
	length := all[n-1]
	length.compar = equal
	if all[n-1].compar == above || all[n-1].compar == atLeast {
		return all[:begin], japaneseNumber(&length) + "以上、"
	}
	return all[:begin], japaneseNumber(&length) + "間、"
}

// may tells whether items have all words that the clause must have, which is quickly seen.
func (c *clause) may(all items) bool {
	for _, p := range c.parts {
		if !p.maybe && p.slot == 0 && !slices.ContainsFunc(all, func(i item) bool { return i.is(p.words...) }) {
			return false
		}
	}
	return true
}

// fits tells whether items are an instance of a pattern, and what its slots stand for.
func fits(parts []part, all items, found map[byte]string) bool {
	if len(parts) == 0 {
		return len(all) == 0
	}
	one, rest := parts[0], parts[1:]
	switch {
	case one.maybe && fits(rest, all, found):
		return true
	case len(all) == 0:
		return false
	case one.slot == 0:
		return all[0].is(one.words...) && fits(rest, all[1:], found)
	case one.slot == 'N' || one.slot == 'M':
		found[one.slot] = japaneseNumber(&all[0])
		return all[0].kind == number && fits(rest, all[1:], found)
	}
	for end := 1; end <= len(all); end++ {
		said, ok := thingOf(all[:end])
		if found[one.slot] = said; ok && fits(rest, all[end:], found) {
			return true
		}
	}
	return false
}

// thingOf is a name of something, such as a disk of a machine: what it is a part of comes first.
func thingOf(all items) (said string, ok bool) {
	if len(all) > longestClause {
		return "", false
	}
	for i := range all {
		if i > 0 && i+1 < len(all) && all[i].is("of", "on", "in", "at", "for", "from") {
			what, known := thingOf(all[:i])
			where, alsoKnown := thingOf(all[i+1:])
			return where + "の" + what, known && alsoKnown
		}
	}
	if n := len(all); n > 2 && all[n-2].is("per") {
		what, known := thingOf(all[:n-2])
		unit, alsoKnown := kanaOf(all[n-1].text, false)
		return "1" + unit + "あたりの" + what, known && alsoKnown
	}
	return namesOf(all)
}

// namesOf are names that stand beside each other. A pause is said between them only: the words before it may have been
// left out.
func namesOf(all items) (said string, ok bool) {
	for i := range all {
		if all[i].kind == pause {
			if said != "" && !strings.HasSuffix(said, "、") {
				said += "、"
			}
			continue
		}
		text, known := japaneseNumber(&all[i]), true
		if all[i].kind == word {
			text, known = kanaOf(all[i].text, false)
		}
		if !known || text == "" || all[i].kind == native || all[i].negates() {
			return "", false
		}
		if said != "" && !strings.HasSuffix(said, "、") && !beginsInKanji(text) {
			said += " "
		}
		said += text
	}
	return strings.TrimSuffix(said, "、"), said != ""
}

func beginsInKanji(text string) bool {
	return unicode.Is(unicode.Han, []rune(text)[0])
}

// negations turn into its contrary what the words beside them say.
var negations = []string{
	"no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "cannot", "without",
}

func (i *item) negates() bool {
	return i.is(negations...) || i.kind == word && strings.HasSuffix(strings.ToLower(i.text), "n't")
}

// negated tells whether one of the items is a negation. In No.5 it is none.
func (all items) negated() bool {
	for i := range all {
		numbered := i+1 < len(all) && all[i+1].kind == number && !all[i+1].spaced
		if all[i].negates() && !(all[i].is("no") && numbered) {
			return true
		}
	}
	return false
}

// uncontracted reads "isn't" as "is not".
func uncontracted(all items) (rest items) {
	for i := range all {
		stem, cut := strings.CutSuffix(strings.ToLower(all[i].text), "n't")
		switch {
		case all[i].kind != word || !cut && stem != "cannot":
			rest = append(rest, all[i])
			continue
		case stem == "ca" || stem == "cannot":
			stem = "can"
		case stem == "wo":
			stem = "will"
		}
		rest = append(rest, item{kind: word, text: stem}, item{kind: word, text: "not"})
	}
	return rest
}

// withoutWords leaves out phrases that say nothing.
func withoutWords(all items, phrases ...string) (rest items) {
	for i := 0; i < len(all); i++ {
		skip := 0
		for _, phrase := range phrases {
			if words := strings.Fields(phrase); begins(all[i:], words) {
				skip = max(skip, len(words))
			}
		}
		if skip == 0 {
			rest = append(rest, all[i])
			continue
		}
		i += skip - 1
	}
	return rest
}

func begins(all items, words []string) bool {
	if len(all) < len(words) {
		return false
	}
	for i, w := range words {
		if !all[i].is(w) {
			return false
		}
	}
	return true
}
