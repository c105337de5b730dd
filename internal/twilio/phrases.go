package twilio

import (
	"strings"

	"redial/internal/call"
)

// phrases are redial's own words in a language; NAME, KEY and ANSWER are filled in.
type phrases struct {
	press, anyKey, pin string // what to do
	wrong, thanks, bye string
	takenBy, taken     string
	star, hash         string // what the keys * and # are called
	passOn, answer     string // what to do, of keys with a meaning of their own
	passedOn, lastOne  string // thanks for a call that is passed on, to others or to nobody
	answered           string
}

// spoken has redial's words by language. Calls in another language get the English ones.
var spoken = map[string]phrases{
	"en": {"Press KEY to confirm.", "Press any key to confirm.", "Enter your code, then press the hash key.",
		"That was not right.", "Thank you. It is confirmed.", "Nobody confirmed. Goodbye.",
		"NAME has already taken this call. Thank you.", "This call has already been taken. Thank you.",
		"the star key", "the hash key",
		"Press KEY to pass the call on.", "Press KEY to answer: ANSWER.",
		"Thank you. The call is passed on.", "Thank you. There is nobody else to call.",
		"Thank you. Your answer is noted."},
	"ja": {"確認のため、KEYを押してください。", "確認のため、どれかキーを押してください。", "暗証番号を入力し、最後にシャープを押してください。",
		"番号が違います。", "確認しました。ありがとうございます。", "確認できませんでした。失礼いたします。",
		"NAMEさんが対応しています。ありがとうございます。", "すでに対応済みです。ありがとうございます。",
		"米印", "シャープ",
		"ほかの人に回すには、KEYを押してください。", "ANSWER、と答えるには、KEYを押してください。",
		"わかりました。ほかの人に回します。", "わかりました。ほかに連絡する人はいません。",
		"回答を受け付けました。ありがとうございます。"},
	"de": {"Drücken Sie zur Bestätigung die KEY.", "Drücken Sie zur Bestätigung eine beliebige Taste.",
		"Geben Sie Ihren Code ein und drücken Sie die Rautetaste.",
		"Das war nicht richtig.", "Danke. Es ist bestätigt.", "Es wurde nicht bestätigt. Auf Wiederhören.",
		"NAME hat diesen Anruf schon übernommen. Danke.", "Dieser Anruf wurde schon übernommen. Danke.",
		"Sterntaste", "Rautetaste",
		"Drücken Sie zum Weitergeben des Anrufs die KEY.", "Drücken Sie die KEY für die Antwort: ANSWER.",
		"Danke. Der Anruf wird weitergegeben.", "Danke. Es ist sonst niemand mehr anzurufen.",
		"Danke. Ihre Antwort ist notiert."},
	"fr": {"Appuyez sur KEY pour confirmer.", "Appuyez sur une touche pour confirmer.",
		"Saisissez votre code, puis appuyez sur dièse.",
		"Ce n'est pas correct.", "Merci. C'est confirmé.", "Personne n'a confirmé. Au revoir.",
		"NAME a déjà pris cet appel. Merci.", "Cet appel a déjà été pris. Merci.",
		"étoile", "dièse",
		"Appuyez sur KEY pour passer l'appel à quelqu'un d'autre.", "Appuyez sur KEY pour répondre : ANSWER.",
		"Merci. L'appel est transmis.", "Merci. Il n'y a personne d'autre à appeler.",
		"Merci. Votre réponse est notée."},
	"es": {"Pulse KEY para confirmar.", "Pulse cualquier tecla para confirmar.",
		"Introduzca su código y pulse almohadilla.",
		"No es correcto.", "Gracias. Está confirmado.", "Nadie ha confirmado. Adiós.",
		"NAME ya ha atendido esta llamada. Gracias.", "Esta llamada ya ha sido atendida. Gracias.",
		"asterisco", "almohadilla",
		"Pulse KEY para pasar la llamada a otra persona.", "Pulse KEY para responder: ANSWER.",
		"Gracias. La llamada pasa a otra persona.", "Gracias. No hay nadie más a quien llamar.",
		"Gracias. Su respuesta queda registrada."},
}

// voice returns the language and voice in which a person hears redial's own words, and the
// words. A voice that was chosen for another language can't speak them.
func voice(s call.Say) (call.Say, phrases) {
	language, _, _ := strings.Cut(strings.ToLower(s.Language), "-")
	if p, ok := spoken[language]; ok {
		return s, p
	}
	if s.Language != "" {
		return call.Say{Language: "en-US"}, spoken["en"]
	}
	return s, spoken["en"]
}

// personal is the message as one person hears it.
func personal(m call.Message, p call.Person) call.Say {
	var s call.Say
	if m.Say != nil {
		s = *m.Say
	}
	if p.Language != "" && p.Language != s.Language {
		s.Language, s.Voice = p.Language, ""
	}
	if p.Say != "" {
		s.Text = p.Say
	}
	return s
}

// prompt asks for the keys.
func prompt(s call.Say, c call.Confirm) string {
	own, words := voice(s)
	switch {
	case c.Prompt != "":
		return speak(s, c.Prompt)
	case c.Kind == call.ConfirmPIN:
		return speak(own, words.pin)
	case c.Kind == call.ConfirmAnyKey:
		return speak(own, words.anyKey)
	case c.Kind == call.ConfirmKeys:
		return speak(own, menu(words, c))
	}
	return speak(own, words.keyed(words.press, c.Digit))
}

// menu says what each key means.
func menu(words phrases, c call.Confirm) string {
	var all []string
	for key, m := range c.EachKey {
		sentence := words.press
		switch m.Do {
		case call.KeyPassesOn:
			sentence = words.passOn
		case call.KeyAnswers:
			sentence = words.answer
		}
		all = append(all, strings.ReplaceAll(words.keyed(sentence, key), "ANSWER", m.Answer))
	}
	return strings.Join(all, " ")
}

// keyed fills in what a key is called. Read aloud, the sign itself may be nothing at all.
func (p phrases) keyed(sentence, key string) string {
	switch key {
	case "*":
		key = p.star
	case "#":
		key = p.hash
	}
	return strings.ReplaceAll(sentence, "KEY", key)
}
