// Carries out an approved engagement and kills itself behind one journal entry: what a power cut does to an executor.
//
//   asbuilt-crashing ENGAGEMENT-FOLDER PRINCIPAL KEY-FILE ENTRY [RUN]
//
// With RUN that kept run is taken back, and the executor killed meanwhile.
// Ends with status 0 when the run had fewer entries; prints the run's name as soon as there is one.
import ChangeWorkflow
import Diagnostics
import Foundation
import WorkspaceStore

InternalTask.runIfAsked(Array(CommandLine.arguments.dropFirst()))
let arguments = CommandLine.arguments
guard (5...6).contains(arguments.count), let entry = Int(arguments[4]) else {
    FileHandle.standardError.write(Data("usage: asbuilt-crashing FOLDER PRINCIPAL KEY ENTRY [RUN]\n".utf8))
    exit(2)
}
let workflow = Workflow(
    startFolder: URL(filePath: arguments[1], directoryHint: .isDirectory),
    journal: { KillingStore($0, after: entry) })
do throws(Findings) {
    let (principal, key) = (arguments[2], arguments[3])
    let answer =
        arguments.count == 6
        ? try await workflow.rollback(run: arguments[5], engagement: nil, as: principal, keyFile: key, report: { _ in })
        : try await workflow.apply(engagement: nil, as: principal, keyFile: key, report: { _ in })
    print(answer.text)
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
