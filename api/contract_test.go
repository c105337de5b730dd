package api_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"redial/api"
	"redial/api/apitest"
)

// wire maps each schema that is an object to its Go type.
var wire = map[string]reflect.Type{
	"CreateCall":     reflect.TypeFor[api.CreateCall](),
	"Say":            reflect.TypeFor[api.Say](),
	"Policy":         reflect.TypeFor[api.Policy](),
	"CallPolicy":     reflect.TypeFor[api.Policy](),
	"Person":         reflect.TypeFor[api.Person](),
	"Reached":        reflect.TypeFor[api.Reached](),
	"Call":           reflect.TypeFor[api.Call](),
	"Attempt":        reflect.TypeFor[api.Attempt](),
	"Refusal":        reflect.TypeFor[api.Refusal](),
	"CallList":       reflect.TypeFor[api.CallList](),
	"AccountPause":   reflect.TypeFor[api.AccountPause](),
	"Wait":           reflect.TypeFor[api.Wait](),
	"ResolveAttempt": reflect.TypeFor[api.ResolveAttempt](),
	"Explanation":    reflect.TypeFor[api.Explanation](),
	"Forecast":       reflect.TypeFor[api.Forecast](),
	"Planned":        reflect.TypeFor[api.Planned](),
	"PresetList":     reflect.TypeFor[api.PresetList](),
	"Window":         reflect.TypeFor[api.Window](),
	"Event":          reflect.TypeFor[api.Event](),
	"EventList":      reflect.TypeFor[api.EventList](),
	"Problem":        reflect.TypeFor[api.Problem](),
	"Webhook":        reflect.TypeFor[api.Webhook](),
	"WebhookData":    reflect.TypeFor[api.WebhookData](),
	"Endpoint":       reflect.TypeFor[api.Endpoint](),
	"CreateEndpoint": reflect.TypeFor[api.CreateEndpoint](),
	"EndpointList":   reflect.TypeFor[api.EndpointList](),
	"Key":            reflect.TypeFor[api.Key](),
	"RotaList":       reflect.TypeFor[api.RotaList](),
	"Rota":           reflect.TypeFor[api.Rota](),
	"Duty":           reflect.TypeFor[api.Duty](),
	"RotaOverride":   reflect.TypeFor[api.RotaOverride](),
	"Overlap":        reflect.TypeFor[api.Overlap](),
	"CreateOverride": reflect.TypeFor[api.CreateOverride](),
	"AuditList":      reflect.TypeFor[api.AuditList](),
	"AuditEntry":     reflect.TypeFor[api.AuditEntry](),
	"KeyList":        reflect.TypeFor[api.KeyList](),
	"CreateKey":      reflect.TypeFor[api.CreateKey](),
	"RotateKey":      reflect.TypeFor[api.RotateKey](),
	"Trigger":        reflect.TypeFor[api.Trigger](),
	"TriggerFile":    reflect.TypeFor[api.TriggerFile](),
	"TriggerList":    reflect.TypeFor[api.TriggerList](),
	"TriggerTest":    reflect.TypeFor[api.TriggerTest](),
	"TestedEvent":    reflect.TypeFor[api.TestedEvent](),
	"Recipient":      reflect.TypeFor[api.Recipient](),
	"Incident":       reflect.TypeFor[api.Incident](),
	"IncidentMember": reflect.TypeFor[api.IncidentMember](),
	"IncidentList":   reflect.TypeFor[api.IncidentList](),
	"Told":           reflect.TypeFor[api.Told](),
	"TriggerSecret":  reflect.TypeFor[api.TriggerSecret](),
	"RotateSecret":   reflect.TypeFor[api.RotateSecret](),
	"Revoked":        reflect.TypeFor[api.Revoked](),
	"Delivery":       reflect.TypeFor[api.Delivery](),
	"DeliveryList":   reflect.TypeFor[api.DeliveryList](),
	"Try":            reflect.TypeFor[api.Try](),
	"FieldError":     reflect.TypeFor[api.FieldError](),
}

// sometimes lists the fields of a policy that an answer leaves out when they have no value.
var sometimes = []string{"jitter", "max_per_result", "not_before", "preset", "talk_limit", "window"}

func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := apitest.Document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTypesHaveTheFieldsOfTheContract(t *testing.T) {
	for name, schema := range document(t).Components.Schemas {
		goType, known := wire[name]
		if !known && schema.Value.Type.Is("object") {
			t.Errorf("the schema %s has no Go type", name)
		}
		if !known {
			continue
		}
		fields, always := fieldsOf(goType)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(schema.Value.Properties)), fields); diff != "" {
			t.Errorf("the fields of %s, -contract +Go:\n%s", name, diff)
		}
		if name == "CallPolicy" { // the Go type also serves requests, where all may be left out
			always = slices.DeleteFunc(fields, func(f string) bool { return slices.Contains(sometimes, f) })
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(schema.Value.Required)), always); diff != "" {
			t.Errorf("the fields that %s always has, -contract +Go:\n%s", name, diff)
		}
		if allowed := schema.Value.AdditionalProperties.Has; allowed == nil || *allowed {
			t.Errorf("%s allows any further field", name)
		}
	}
}

// fieldsOf lists the JSON fields of a struct, and those of them that are never left out.
func fieldsOf(s reflect.Type) (all, always []string) {
	for f := range s.Fields() {
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		all = append(all, name)
		if !strings.Contains(rest, "omitzero") {
			always = append(always, name)
		}
	}
	slices.Sort(all)
	slices.Sort(always)
	return all, always
}

func TestExamplesAreWhatTheTypesSay(t *testing.T) {
	seen := map[string]bool{}
	example := func(media *openapi3.MediaType, value any) {
		name := media.Schema.Ref[strings.LastIndex(media.Schema.Ref, "/")+1:]
		if wire[name] == nil {
			return
		}
		seen[name] = true
		if err := media.Schema.Value.VisitJSON(value); err != nil {
			t.Errorf("an example of %s breaks its schema: %v", name, err)
		}
		roundTrip(t, name, value)
	}
	doc := document(t)
	for _, content := range contents(doc) {
		for _, media := range content {
			if media.Example != nil {
				example(media, media.Example)
			}
			for _, e := range media.Examples {
				example(media, e.Value.Value)
			}
		}
	}
	for _, name := range []string{
		"CreateCall", "Call", "CallList", "EventList", "Explanation", "PresetList", "Problem", "Webhook", "Endpoint",
		"CreateEndpoint", "EndpointList", "Delivery", "DeliveryList", "Try", "RotaList", "Rota", "RotaOverride",
		"CreateOverride",
	} {
		if !seen[name] {
			t.Errorf("%s has no example", name)
		}
	}
}

// roundTrip decodes an example into its Go type, which must know every field, and encodes it again.
func roundTrip(t *testing.T, name string, example any) {
	t.Helper()
	text, err := json.Marshal(example)
	if err != nil {
		t.Fatal(err)
	}
	value := reflect.New(wire[name]).Interface()
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(value); err != nil {
		t.Errorf("an example of %s is not what the Go type says: %v", name, err)
		return
	}
	again, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parse(t, text), parse(t, again)); diff != "" {
		t.Errorf("an example of %s, -before +after:\n%s", name, diff)
	}
}

// parse reads JSON. It turns the short form of say, a text alone, into the long one.
func parse(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if say, ok := v["say"].(string); ok {
		v["say"] = map[string]any{"text": say}
	}
	return v
}

// contents lists every body in the contract.
func contents(doc *openapi3.T) (all []openapi3.Content) {
	paths := slices.Collect(maps.Values(doc.Paths.Map()))
	for _, path := range slices.AppendSeq(paths, maps.Values(doc.Webhooks)) {
		for _, op := range path.Operations() {
			if op.RequestBody != nil {
				all = append(all, op.RequestBody.Value.Content)
			}
			for _, r := range op.Responses.Map() {
				all = append(all, r.Value.Content)
			}
		}
	}
	return all
}
