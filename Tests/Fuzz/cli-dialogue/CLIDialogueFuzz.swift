import CLIDialogue
import FuzzChecks

/// Whatever a device prints, in any pieces: prompts are recognised or not, output comes out without terminal codes. The first
/// byte chooses style and size of the pieces.
@main struct CLIDialogueFuzz {
    static func main() {
        FuzzChecks.run { input in
            guard let head = input.first else { return }
            var dialogue = CLIDialogue(style: head & 1 == 0 ? .frr : .ciscoIOS)
            // Logged in, so that the input is the answer to a command; or from the first byte on.
            if head & 2 == 0 {
                _ = dialogue.received(Array("r1# ".utf8))
                _ = dialogue.received(Array("\r\nr1# ".utf8))
                _ = dialogue.command("show", expecting: [.init(expect: "really? ", answer: "y")])
            }
            let bytes = Array(input.dropFirst())
            let size = Int(head >> 2) + 1
            for start in stride(from: 0, to: bytes.count, by: size) {
                for action in dialogue.received(Array(bytes[start..<min(start + size, bytes.count)])) {
                    check(action, fed: bytes.count)
                    if case .finished = action { _ = dialogue.command("next") }
                    if case .ready = action { _ = dialogue.command("first") }
                }
            }
        }
    }

    private static func check(_ action: CLIDialogue.Action, fed: Int) {
        guard case .finished(let reply) = action else { return }
        let isClean = reply.output.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && $0.value != 0x7F || $0 == "\n" || $0 == "\t"
        }
        FuzzChecks.expect(isClean, "terminal codes in the output")
        // A byte that is no UTF-8 becomes three.
        FuzzChecks.expect(reply.output.utf8.count <= 3 * fed + 64, "more output than was fed")
        FuzzChecks.expect(
            CLIDialogue.Reply(output: reply.output, prompt: reply.prompt) == reply, "a reply differs from itself")
    }
}
