package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/relance/relance/internal/store"
)

// usersPage lists who may come in, and adds people.
type usersPage struct {
	Frame
	Users  []userLine
	Roles  []string // that the reader may give
	Reps   []store.RepName
	Form   userForm
	ByMail bool // log-in links leave by mail; else the command line makes them
}

// userLine is one person, with what the reader may do about him.
type userLine struct {
	store.User
	MaySwitch bool
	MayLink   bool
}

// userForm is what was typed, and what is wrong with it.
type userForm struct {
	Name, Email, Role, Rep, Language                   string
	NameProblem, EmailProblem, RoleProblem, RepProblem string
}

// Wrong reports whether anything is.
func (f userForm) Wrong() bool {
	return f.NameProblem+f.EmailProblem+f.RoleProblem+f.RepProblem != ""
}

// givenRoles are the roles that a reader may give, and take away: only an operator makes operators.
func givenRoles(r *request) []string {
	roles := []string{rep, marketer, manager, colleague}
	if r.User.Role == operator {
		roles = append(roles, operator)
	}
	return roles
}

func (s *Site) showUsers(w http.ResponseWriter, r *request) error {
	return s.renderUsers(w, r, http.StatusOK, userForm{Role: rep, Language: r.Settings["language"]})
}

func (s *Site) renderUsers(w http.ResponseWriter, r *request, status int, form userForm) error {
	users, err := s.Store.Users(r.Context())
	if err != nil {
		return err
	}
	page := usersPage{Frame: s.frame(r, r.Reader.T("users.title"), "settings"), Roles: givenRoles(r), Form: form, ByMail: s.SendLogin != nil}
	if page.Reps, err = s.Store.RepNames(r.Context(), r.today()); err != nil {
		return err
	}
	for _, u := range users {
		mine := mayChange(r, u)
		page.Users = append(page.Users, userLine{User: u, MaySwitch: mine, MayLink: mine && u.Active && page.ByMail})
	}
	return s.show(w, status, "users", page)
}

// mayChange reports whether the reader may switch a person on or off: nobody himself, so that a house always has someone
// who can come in.
func mayChange(r *request, u store.User) bool {
	return u.ID != r.User.ID && slices.Contains(givenRoles(r), u.Role)
}

// addUser adds a person and sends the first log-in link.
func (s *Site) addUser(w http.ResponseWriter, r *request) error {
	form := userForm{Name: strings.TrimSpace(r.PostFormValue("name")), Email: strings.ToLower(strings.TrimSpace(r.PostFormValue("email"))),
		Role: r.PostFormValue("role"), Rep: r.PostFormValue("rep"), Language: r.PostFormValue("language")}
	if err := s.checkUser(r, &form); err != nil {
		return err
	}
	if form.Wrong() {
		return s.renderUsers(w, r, http.StatusUnprocessableEntity, form)
	}
	added, err := s.Store.AddUser(r.Context(), store.User{Name: form.Name, Email: form.Email, Role: form.Role, RepRef: form.Rep, Language: form.Language}, r.User.Email, r.Now)
	if err != nil {
		return err
	}
	s.later(r, s.invite(r, added))
	return back(w, r, "/users")
}

// checkUser says everything that is wrong with the form. The address of somebody who is there is refused: adding him
// again would change his role behind his back.
func (s *Site) checkUser(r *request, form *userForm) error {
	if form.Name == "" || len(form.Name) > 200 {
		form.NameProblem = r.Reader.T("users.bad_name")
	}
	if at := strings.LastIndexByte(form.Email, '@'); at < 1 || !strings.Contains(form.Email[at:], ".") || strings.ContainsAny(form.Email, " <>,;\"") || len(form.Email) > 254 {
		form.EmailProblem = r.Reader.T("login.bad_email")
	}
	if !slices.Contains(givenRoles(r), form.Role) {
		form.RoleProblem = r.Reader.T("users.bad_role")
	}
	if form.Language != "en" {
		form.Language = "fr"
	}
	users, err := s.Store.Users(r.Context())
	if err != nil {
		return err
	}
	if slices.ContainsFunc(users, func(u store.User) bool { return u.Email == form.Email }) {
		form.EmailProblem = r.Reader.T("users.known")
	}
	return s.checkRep(r, form)
}

// checkRep wants a known rep for the role rep, and none for the others.
func (s *Site) checkRep(r *request, form *userForm) error {
	if form.Role != rep {
		form.Rep = ""
		return nil
	}
	reps, err := s.Store.RepNames(r.Context(), r.today())
	if err == nil && !slices.ContainsFunc(reps, func(known store.RepName) bool { return known.Ref == form.Rep }) {
		form.RepProblem = r.Reader.T("users.bad_rep")
	}
	return err
}

// changeAccess keeps a person out, lets him in again, or sends him a link.
func (s *Site) changeAccess(w http.ResponseWriter, r *request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	users, err := s.Store.Users(r.Context())
	if err != nil {
		return err
	}
	at := slices.IndexFunc(users, func(u store.User) bool { return u.ID == id })
	if at < 0 {
		return errNoPage
	}
	if !mayChange(r, users[at]) {
		return refuse(http.StatusForbidden, "error.role")
	}
	return s.doAccess(w, r, users[at])
}

func (s *Site) doAccess(w http.ResponseWriter, r *request, u store.User) error {
	switch action := r.PathValue("action"); action {
	case "off", "on":
		if err := s.Store.SwitchUser(r.Context(), u.ID, action == "on", r.User.Email, r.Now); err != nil {
			return err
		}
		s.later(r, "users.did."+action)
	case "link":
		if !u.Active || s.SendLogin == nil {
			return errNoPage
		}
		s.later(r, s.invite(r, u))
	default:
		return errNoPage
	}
	return back(w, r, "/users")
}

// invite sends a log-in link, if links can be sent and not too many were, and returns what to say about it.
func (s *Site) invite(r *request, u store.User) string {
	switch {
	case s.SendLogin == nil:
		return "users.did.added"
	case !s.asked.allow(u.ID):
		return "users.did.too_often"
	}
	s.sending.Go(func() { s.sendLink(context.WithoutCancel(r.Context()), u) })
	return "users.did.link"
}
