package web

import (
	"net/http"
	"strconv"
)

// moveClock goes a day or a month forward, and comes back to the page where the bar was used.
func (s *Site) moveClock(w http.ResponseWriter, r *request) error {
	days, months := 0, 0
	switch r.PostFormValue("forward") {
	case "day":
		days = 1
	case "month":
		months = 1
	default:
		return errNoPage
	}
	if err := s.Demo.Forward(r.Context(), days, months); err != nil {
		return err
	}
	return back(w, r, localPath(r.PostFormValue("back")))
}

// changeUser becomes another of the demo's people.
func (s *Site) changeUser(w http.ResponseWriter, r *request) error {
	for _, u := range s.Demo.Users {
		if strconv.FormatInt(u.ID, 10) == r.PostFormValue("user") {
			if err := s.enter(r, u.ID); err != nil {
				return err
			}
			return back(w, r, "/")
		}
	}
	return errNoPage
}
