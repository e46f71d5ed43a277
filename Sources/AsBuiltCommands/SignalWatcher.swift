internal import ChangeWorkflow
internal import Dispatch
internal import Foundation

/// Turns Ctrl-C and SIGTERM into an abort in order; a second one leaves at once.
///
/// The signals are handled on a dispatch queue, not in a signal handler, for as long as this value is not stopped.
final class SignalWatcher {
    let abort = AbortSwitch()
    private let sources: [any DispatchSourceSignal]

    init() {
        let queue = DispatchQueue(label: "asbuilt.signals")
        let abort = abort
        // Only touched on the queue.
        nonisolated(unsafe) var wasAsked = false
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                let goOn = abort.run.map { "asbuilt resume \($0) --as PRINCIPAL --key FILE" }
                guard wasAsked else {
                    wasAsked = true
                    CommandOutput.complain(
                        "stopping in order: no new device is started, what is not decided is taken back; once more leaves at once")
                    abort.abort(by: number == SIGINT ? "interrupt" : "termination signal")
                    return
                }
                CommandOutput.complain(
                    goOn.map { "left at once: devices may be armed or half changed; go on with: \($0)" }
                        ?? "left at once: no run had begun")
                // The journal holds every step that was taken.
                _exit(goOn == nil ? CommandStatus.notDone.rawValue : CommandStatus.unsettled.rawValue)
            }
            source.resume()
            return source
        }
    }

    func stop() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
}
