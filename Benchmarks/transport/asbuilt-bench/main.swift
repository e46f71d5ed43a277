import Glibc

do {
    let options = try BenchOptions(Array(CommandLine.arguments.dropFirst()))
    ProcessFigures.raiseDescriptorLimit()
    switch options.role {
    case .client: try await BenchClient(options).run()
    case .server: try await BenchServer.run(options)
    }
} catch let wrong as BenchOptions.Wrong {
    ProcessFigures.complain(wrong.what + "\n")
    exit(2)
} catch {
    ProcessFigures.complain("\(error)\n")
    exit(1)
}
