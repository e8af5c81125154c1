package importer

func openWorkbook(kind Kind, c content, o Options) (source, error) {
	return nil, fileError("it is a workbook; in the spreadsheet, save it as CSV UTF-8")
}
