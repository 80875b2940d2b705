module gctide.invalid/integration

go 1.19
