module gctide.invalid/samples

go 1.19
