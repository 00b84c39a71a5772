module paths_go

go 1.26.0
