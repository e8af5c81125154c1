package desk

import "github.com/relance/relance/campaigns"

// words are a sentence or name in both languages.
type words struct{ fr, en string }

func (w wording) of(s words) string {
	if w.english {
		return s.en
	}
	return s.fr
}

// reason puts a stored code into words; an unknown one stays as it is.
func (w wording) reason(r campaigns.Reason) string {
	s, ok := reasonWords[r]
	if !ok {
		return string(r)
	}
	return w.of(s)
}

func (w wording) state(state string) string {
	s, ok := stateWords[state]
	if !ok {
		return state
	}
	return w.of(s)
}

func (w wording) figureName(name string) string {
	s, ok := figureWords[name]
	if !ok {
		return name
	}
	return w.of(s)
}

var reasonWords = map[campaigns.Reason]words{
	campaigns.ReasonClosed:      {"Le client est fermé", "The client has closed"},
	campaigns.ReasonBlocked:     {"Le client est bloqué (impayé, litige, défaillance)", "The client is blocked (unpaid, litigation, insolvency)"},
	campaigns.ReasonOpposed:     {"L’adresse ou le numéro s’oppose à tout contact de cette sorte", "The address or number opposes this kind of contact"},
	campaigns.ReasonNoBasis:     {"Aucune base n’est enregistrée pour écrire à ce contact", "No basis is recorded to write to this contact"},
	campaigns.ReasonConsumer:    {"Un particulier n’est appelé qu’avec son accord ou pour un contrat en cours", "A consumer is only called with consent or under a current contract"},
	campaigns.ReasonComplaint:   {"Une réclamation est ouverte", "A complaint is open"},
	campaigns.ReasonNoAddress:   {"Aucun contact n’a d’adresse e-mail utilisable", "No contact has a usable e-mail address"},
	campaigns.ReasonNoNumber:    {"Ni le client ni ses contacts n’ont de numéro", "Neither the client nor its contacts have a number"},
	campaigns.ReasonHeldOut:     {"Le client fait partie des témoins, qui ne sont pas contactés pour mesurer l’effet", "The client is held out, not contacted so that the effect can be measured"},
	campaigns.ReasonTooLate:     {"Il est trop tard", "It is too late"},
	campaigns.ReasonPaused:      {"La campagne est suspendue", "The campaign is paused"},
	campaigns.ReasonPressure:    {"Le client a déjà été contacté récemment", "The client was contacted recently"},
	campaigns.ReasonHours:       {"Hors des heures", "Outside hours"},
	campaigns.ReasonQuietWeeks:  {"Ce sont les semaines calmes", "These are quiet weeks"},
	campaigns.ReasonLevelled:    {"Déplacé pour tenir dans la journée du commercial", "Moved so that the rep’s day holds it"},
	campaigns.ReasonDeferred:    {"Le serveur de mail a demandé d’attendre", "The mail server asked to wait"},
	campaigns.ReasonText:        {"Le texte est à corriger avant que ce message puisse partir", "The text needs mending before this can leave"},
	campaigns.ReasonCauseGone:   {"La cause a disparu", "Its cause has gone"},
	campaigns.ReasonMerged:      {"Le client, fusionné avec un autre, le reçoit déjà", "The client, merged with another, gets it already"},
	campaigns.ReasonAudience:    {"Le client n’est pas dans le public de la campagne", "The client is not in the campaign’s audience"},
	campaigns.ReasonNotYet:      {"Pas encore", "Not yet"},
	campaigns.ReasonTooOld:      {"C’est trop ancien pour la règle", "Too long ago for the rule"},
	campaigns.ReasonStaleData:   {"La règle attend : les commandes reçues ne sont pas à jour", "The rule waits: the orders received are not up to date"},
	campaigns.ReasonAlready:     {"Déjà planifié pour cette occasion", "Planned already for this occasion"},
	campaigns.ReasonNoSlotText:  {"Cette date n’a pas encore de texte approuvé", "This date has no approved text yet"},
	campaigns.ReasonSlotMissed:  {"La date a été manquée", "The date was missed"},
	campaigns.ReasonUnreachable: {"Personne n’a pu être joint", "Nobody could be reached"},
	campaigns.ReasonNoAnswer:    {"Le questionnaire s’est fermé sans réponse", "The questionnaire closed without an answer"},
	campaigns.ReasonAnswered:    {"Le client a répondu entre-temps", "The client has answered meanwhile"},
	campaigns.ReasonNoOrder:     {"Le client n’a pas encore commandé", "The client has not ordered yet"},
	campaigns.ReasonOldClient:   {"Il était client bien avant cette première commande", "It was a client long before that first order"},
	campaigns.ReasonNeverSilent: {"Son rythme est trop lent pour la règle", "Its rhythm is too slow for the rule"},
	campaigns.ReasonBeforeStart: {"Son jour de l’année tombait avant le démarrage de la campagne", "Its day of the year lay before the campaign’s start"},
	campaigns.ReasonSeen:        {"Son jour est passé alors qu’il n’était pas dans le public", "Its day passed while it was not in the audience"},
	campaigns.ReasonNoStep:      {"Aucune étape de la campagne ne le concerne", "No step of the campaign is for it"},
	campaigns.ReasonStopped:     {"La campagne a été arrêtée", "The campaign was stopped"},
	campaigns.ReasonWorkerGone:  {"Parti peut-être : l’envoi a été interrompu", "It may have left: sending was interrupted"},
	campaigns.ReasonNoReply:     {"Parti peut-être : le serveur de mail n’a pas confirmé", "It may have left: the mail server did not confirm"},
}

var stateWords = map[string]words{
	"planned":   {"planifiée", "planned"},
	"held_out":  {"témoin, pas de contact", "held out"},
	"sending":   {"en cours d’envoi", "being sent"},
	"open":      {"sur la liste d’appels", "on the call list"},
	"sent":      {"envoyée", "sent"},
	"answered":  {"répondue", "answered"},
	"done":      {"terminée", "done"},
	"failed":    {"en échec", "failed"},
	"unsure":    {"incertaine", "unsure"},
	"skipped":   {"non faite", "skipped"},
	"cancelled": {"annulée", "cancelled"},
	"draft":     {"brouillon", "draft"},
	"approved":  {"approuvée, pas démarrée", "approved, not started"},
	"running":   {"en cours", "running"},
	"paused":    {"suspendue", "paused"},
	"held":      {"retenue, à vérifier", "held, to be looked at"},
	"stopped":   {"arrêtée", "stopped"},
}

var figureWords = map[string]words{
	"first_order_on":     {"première commande", "first order"},
	"first_delivered_on": {"livrée le", "delivered"},
	"last_order_on":      {"dernière commande", "last order"},
	"last_contact_with":  {"dernier contact", "last contact"},
	"last_contact_from":  {"dernier signe du client", "last sign from it"},
	"created_on":         {"client depuis", "client since"},
	"client.created_on":  {"client depuis", "client since"},
	"until":              {"au plus tard le", "at the latest"},
	"times":              {"contacts par an", "contacts a year"},
	"days":               {"jours d’un échange à l’autre", "days from one contact to the next"},
	"silent_days":        {"jours de silence", "days of silence"},
	"rhythm":             {"rythme en jours", "rhythm in days"},
	"rhythms":            {"fois son rythme", "times its rhythm"},
	"revenue_12m":        {"chiffre d’affaires sur 12 mois", "revenue of 12 months"},
	"revenue_tail":       {"part des plus petits", "share of the smallest"},
	"small_client":       {"petit client", "small client"},
	"weight_top":         {"place dans le portefeuille", "place in the portfolio"},
	"has_ordered":        {"a commandé", "has ordered"},
	"client.blocked":     {"bloqué", "blocked"},
	"client.consumer":    {"particulier", "consumer"},
	"client.closed_on":   {"fermé le", "closed on"},
	"mail_basis":         {"base pour écrire", "basis to write"},
	"slot":               {"date", "date"},
	"day":                {"jour", "day"},
}
