// Carries out an approved engagement and kills itself behind one journal entry: what a power cut does to an executor.
//
//   asbuilt-crashing ENGAGEMENT-FOLDER PRINCIPAL KEY-FILE ENTRY
//
// Ends with status 0 when the run had fewer entries; prints the run's name as soon as there is one.
import ChangeWorkflow
import Diagnostics
import Foundation
import WorkspaceStore

let arguments = CommandLine.arguments
guard arguments.count == 5, let entry = Int(arguments[4]) else {
    FileHandle.standardError.write(Data("usage: asbuilt-crashing FOLDER PRINCIPAL KEY ENTRY\n".utf8))
    exit(2)
}
let workflow = Workflow(
    startFolder: URL(filePath: arguments[1], directoryHint: .isDirectory),
    journal: { KillingStore($0, after: entry) })
do throws(Findings) {
    let answer = try await workflow.apply(engagement: nil, as: arguments[2], keyFile: arguments[3], report: { _ in })
    print(answer.text)
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
