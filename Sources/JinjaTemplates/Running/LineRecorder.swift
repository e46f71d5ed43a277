/// Notes during a render which template place wrote which bytes, so that each output line can be explained.
final class LineRecorder {
    struct Place {
        var template: CompiledTemplate
        var offset: Int32
    }
    private struct Note {
        var start: Int
        var places: [Place]
        var variables: [LineOrigin.Variable]
    }
    private var notes: [Note] = []
    /// Calls and includes around the current place, outermost first.
    var calls: [Place] = []
    /// What was known about captured texts; they are kept alive so that their identity stays theirs.
    private var captured: [ObjectIdentifier: (text: TextValue, notes: [Note])] = [:]

    func note(at start: Int, _ place: Place, _ variables: [LineOrigin.Variable]) {
        notes.append(Note(start: start, places: [place] + calls.reversed(), variables: variables))
    }

    /// A captured text is about to be written at `start`: what is known of its inside applies there.
    func splice(_ text: TextValue, at start: Int, outer: Place) {
        guard let known = captured[ObjectIdentifier(text)] else { return }
        for note in known.notes {
            notes.append(Note(start: start + note.start, places: note.places, variables: note.variables))
        }
    }

    /// The bytes from `start` became a text of their own.
    func capture(_ text: TextValue, from start: Int) {
        var inside: [Note] = []
        while let last = notes.last, last.start >= start {
            inside.append(last)
            notes.removeLast()
        }
        for index in inside.indices { inside[index].start -= start }
        captured[ObjectIdentifier(text)] = (text, inside.reversed())
    }

    /// One origin per line of the output.
    func lines(of output: [UInt8]) -> [LineOrigin] {
        var result: [LineOrigin] = []
        var (start, index) = (0, 0)
        var current: Note?
        while start < output.count {
            let end = output[start...].firstIndex(of: 0x0A) ?? output.count
            var variables: [LineOrigin.Variable] = []
            // The note under the line's first byte wrote it, unless a later one on the line read variables.
            while index < notes.count, notes[index].start <= start {
                current = notes[index]
                variables = notes[index].start == start ? variables + notes[index].variables : []
                index += 1
            }
            var best = current
            while index < notes.count, notes[index].start < end {
                variables += notes[index].variables
                if best == nil || (best?.variables.isEmpty == true && !notes[index].variables.isEmpty) {
                    best = notes[index]
                }
                current = notes[index]
                index += 1
            }
            let places = (best?.places ?? []).map {
                LineOrigin.Place(
                    template: $0.template.name ?? "<template>",
                    line: TemplateError.locate(Int($0.offset), in: $0.template.source).line)
            }
            result.append(LineOrigin(places: places, variables: variables))
            start = end + 1
        }
        return result
    }
}
