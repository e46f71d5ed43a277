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
        /// Text of the template itself: each line break in it is one of the template's.
        var isSourceText: Bool
    }
    private var notes: [Note] = []
    /// Calls and includes around the current place, outermost first.
    var calls: [Place] = []
    /// What was known about captured texts; they are kept alive so that their identity stays theirs.
    private var captured: [ObjectIdentifier: (text: TextValue, notes: [Note])] = [:]

    func note(at start: Int, _ place: Place, _ variables: [LineOrigin.Variable], isSourceText: Bool) {
        notes.append(
            Note(
                start: start, places: [place] + calls.reversed(), variables: variables, isSourceText: isSourceText))
    }

    /// A captured text is about to be written at `start`: what is known of its inside applies there.
    func splice(_ text: TextValue, at start: Int, outer: Place) {
        guard let known = captured[ObjectIdentifier(text)] else { return }
        for note in known.notes {
            var moved = note
            moved.start += start
            notes.append(moved)
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
        // The newest note, and the output line on which it began.
        var current: (note: Note, line: Int)?
        while start < output.count {
            let line = result.count
            let end = output[start...].firstIndex(of: 0x0A) ?? output.count
            var variables: [LineOrigin.Variable] = []
            // The note under the line's first byte wrote it, unless a later one on the line read variables.
            while index < notes.count, notes[index].start <= start {
                // A note before this line's first byte that is met only now began with the last line's break.
                current = (notes[index], notes[index].start < start ? line - 1 : line)
                variables = notes[index].start == start ? variables + notes[index].variables : []
                index += 1
            }
            var best = current
            while index < notes.count, notes[index].start < end {
                variables += notes[index].variables
                current = (notes[index], line)
                if best == nil || (best?.note.variables.isEmpty == true && !notes[index].variables.isEmpty) {
                    best = current
                }
                index += 1
            }
            var places = (best?.note.places ?? []).map {
                LineOrigin.Place(
                    template: $0.template.name ?? "<template>",
                    line: $0.template.line(of: $0.offset))
            }
            if let best, best.note.isSourceText, !places.isEmpty { places[0].line += line - best.line }
            result.append(LineOrigin(places: places, variables: variables))
            start = end + 1
        }
        return result
    }
}
