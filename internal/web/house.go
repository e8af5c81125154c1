package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/relance/relance/internal/store"
)

// settingsPage is the table of settings as one form.
type settingsPage struct {
	Frame
	Groups []settingGroup
	Wrong  bool
}

// settingGroup is a part of the form.
type settingGroup struct {
	Title  string
	Fields []settingField
}

// settingGroups are the parts of the form, by what a person would look for; a setting that none names stands in the last.
var settingGroups = []struct {
	name string
	keys []string
}{
	{"house", []string{"company", "company_address", "brand_colour", "zone", "country", "language", "currency"}},
	{"mails", []string{"sender_email", "sender_name", "reply_to", "sending_hours", "sending_per_minute", "pressure_mail_7d", "pressure_mail_30d", "pressure_survey_90d"}},
	{"calls", []string{"calling_hours", "consumer_calling_hours", "capacity_road", "capacity_inside", "default_rep", "pressure_call_30d", "refusal_days"}},
	{"imports", []string{"import_max_rejected", "import_max_mb", "import_keep_days", "freshness_least", "freshness_most"}},
	{"campaigns", nil},
}

// groupOfSetting is the place of a setting's part of the form.
func groupOfSetting(key string) int {
	for i, g := range settingGroups {
		if slices.Contains(g.keys, key) {
			return i
		}
	}
	return len(settingGroups) - 1
}

// settingField is one setting with its value as stored or as typed.
type settingField struct {
	store.Setting
	Label, Help string
	Value       string
	Problem     string
	Choices     []string // empty: free text
}

// Choice is how one of a few values is said.
func (p settingsPage) Choice(key, value string) string {
	if id := "choice." + key + "." + value; p.Has(id) {
		return p.T(id)
	}
	return value
}

// offPage are settings that only the command line changes: files of the machine are its operator's to name, and a
// signature without its key stops the next boot.
var offPage = []string{"dkim_domain", "dkim_selector", "dkim_key_file"}

// pageSettings are the settings of the form.
func pageSettings() []store.Setting {
	return slices.DeleteFunc(slices.Clone(store.SettingTable), func(t store.Setting) bool { return slices.Contains(offPage, t.Key) })
}

// choices are the settings with a few values.
var choices = map[string][]string{"language": {"fr", "en"}, "self_approval": {"no", "yes"},
	"currency": {"EUR", "CHF", "GBP", "USD", "PLN", "CZK", "SEK", "DKK", "NOK", "HUF", "RON"}}

func (s *Site) showSettings(w http.ResponseWriter, r *request) error {
	return s.renderSettings(w, r, http.StatusOK, r.Settings, nil)
}

func (s *Site) renderSettings(w http.ResponseWriter, r *request, status int, values, problems map[string]string) error {
	page := settingsPage{Frame: s.frame(r, r.Reader.T("settings.title"), "settings"), Wrong: len(problems) > 0}
	page.Narrow = true
	for _, g := range settingGroups {
		page.Groups = append(page.Groups, settingGroup{Title: r.Reader.T("settings." + g.name)})
	}
	for _, t := range pageSettings() {
		f := settingField{Setting: t, Label: r.Reader.T("setting." + t.Key), Value: values[t.Key], Problem: problems[t.Key], Choices: choices[t.Key]}
		if id := "setting." + t.Key + ".help"; r.Reader.Has(id) {
			f.Help = r.Reader.T(id)
		}
		group := &page.Groups[groupOfSetting(t.Key)]
		group.Fields = append(group.Fields, f)
	}
	return s.show(w, status, "settings", page)
}

// changeSettings stores what differs; everything that is wrong is said at once, beside its field.
func (s *Site) changeSettings(w http.ResponseWriter, r *request) error {
	typed, changed, problems := map[string]string{}, map[string]string{}, map[string]string{}
	for _, t := range pageSettings() {
		value := r.Settings[t.Key]
		if r.PostForm.Has(t.Key) {
			value = strings.TrimSpace(r.PostForm.Get(t.Key))
		}
		typed[t.Key] = value
		if value == r.Settings[t.Key] {
			continue
		}
		changed[t.Key] = value
		if err := store.CheckSetting(t.Key, value); err != nil {
			problems[t.Key] = r.Reader.T("settings.bad", "default", t.Default)
		}
	}
	if len(problems) > 0 {
		return s.renderSettings(w, r, http.StatusUnprocessableEntity, typed, problems)
	}
	if len(changed) > 0 {
		err := s.Store.ChangeSettings(r.Context(), changed, r.User.Name, r.Now)
		if errors.Is(err, store.ErrSetting) {
			return errors.Join(err, ErrRefused)
		}
		if err != nil {
			return err
		}
	}
	s.later(r, "settings.saved")
	return back(w, r, "/settings")
}
