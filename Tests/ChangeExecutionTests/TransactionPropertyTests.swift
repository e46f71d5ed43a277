import ChangeExecution
import Testing

@Suite(.timeLimit(.minutes(3))) struct TransactionPropertyTests {
    @Test(arguments: 0..<8)
    func `without a crash every device is kept, back, or named`(block: UInt64) throws {
        for seed in block * 150..<(block + 1) * 150 {
            var world = SimulatedWorld(seed: seed)
            try world.run(crashAfter: nil)
            let problems = world.problems()
            #expect(problems.isEmpty, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<8)
    func `after a crash behind any journal entry, resume ends with every device kept, back, or named`(block: UInt64)
        throws
    {
        for seed in block * 25..<(block + 1) * 25 {
            var crashAfter = 1
            while true {
                var world = SimulatedWorld(seed: seed)
                do {
                    try world.run(crashAfter: crashAfter)
                    break
                } catch {}
                try world.restart()
                // A second crash, somewhere on the way back.
                if crashAfter % 3 == 0 {
                    do {
                        try world.run(crashAfter: world.journal.count + 1 + crashAfter % 5)
                    } catch {
                        try world.restart()
                        try world.run(crashAfter: nil)
                    }
                } else {
                    try world.run(crashAfter: nil)
                }
                let problems = world.problems()
                #expect(problems.isEmpty, "seed \(seed), crash after entry \(crashAfter)")
                crashAfter += 1
            }
        }
    }
}
