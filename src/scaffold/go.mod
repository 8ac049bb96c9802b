module server

go 1.27
