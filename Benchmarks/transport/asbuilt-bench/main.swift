import Glibc

// The main thread waits here: left to the runtime, it ends before the others, which profilers (callgrind) do not survive.
Task.detached {
    do {
        let options = try BenchOptions(Array(CommandLine.arguments.dropFirst()))
        ProcessFigures.raiseDescriptorLimit()
        switch options.role {
        case .client: try await BenchClient(options).run()
        case .server: try await BenchServer.run(options)
        }
        exit(0)
    } catch let wrong as BenchOptions.Wrong {
        ProcessFigures.complain(wrong.what + "\n")
        exit(2)
    } catch {
        ProcessFigures.complain("\(error)\n")
        exit(1)
    }
}
while true { pause() }
