/// Runs a dialogue where its connection moves bytes, so that its many reads and writes change threads once.
enum ConnectionPlace {
    /// Runs `body` with `executor` preferred. What follows the call is off it again: parsing and planning there would keep all
    /// devices of that thread waiting.
    static func run<Answer, Failure: Error>(
        _ executor: (any TaskExecutor)?, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        guard let executor else { return try await body() }
        let answer: Result<Answer, Failure>
        do throws(Failure) {
            answer = .success(
                try await withTaskExecutorPreference(executor) { () async throws(Failure) in try await body() })
        } catch { answer = .failure(error) }
        await leave()
        return try answer.get()
    }

    /// Moves the task to the global pool. The end of the preference alone changes no thread, since a default actor goes on where
    /// it is; neither would a yield that keeps the actor.
    @concurrent @inline(never) private static func leave() async { await Task.yield() }
}
