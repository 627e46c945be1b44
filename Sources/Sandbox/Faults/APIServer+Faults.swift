// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Faults inside the server: what webhooks would do, and reads from the past.
extension APIServer {
    mutating func decideFaults(_ request: SandboxRequest) -> FaultDecision {
        guard !faults.isEmpty else { return FaultDecision() }
        return faults.decide(faultRequest(request, readsObject: faults.needsObject))
    }

    /// Carries a request out, as the decision has it.
    mutating func respond(to request: SandboxRequest, under decision: FaultDecision) -> SandboxResponse {
        guard decision.stale > 0 else {
            watchFaults = decision.watch
            defer { watchFaults = [] }
            return respond(to: request)
        }
        let current = store
        store = store.lagging(by: decision.stale)
        defer { store = current }
        return respond(to: request)
    }

    /// What is written after all webhooks.
    mutating func admitted(
        _ object: Object, _ write: WriteRequest, operation: String
    ) throws(StatusError) -> Object {
        guard !faults.isEmpty else { return object }
        var result = object
        for effect in faults.admit(FaultRequest(write, operation: operation, object: object)) {
            switch effect {
            case .mutate(let patch):
                do throws(PatchError) {
                    result = try JSONPatch.apply(patch, to: .object(result)).object ?? result
                } catch {
                    throw .internalError(error.message)
                }
            case .deny(let denial): throw denial.error
            case .finalizer(let finalizer) where !result.finalizers.contains(finalizer.name):
                result.setFinalizers(result.finalizers + [finalizer.name])
            default: continue
            }
        }
        // A patched object is decoded anew, and gets its defaults again.
        return result == object || operation == "delete" ? result : prepared(result, write.type)
    }

    /// Moves time ahead, stopping at everything that is due on the way: what would happen in that time happens.
    mutating func advance(by duration: Duration) {
        let target = now() + duration
        // Bounded against controllers that would wake for ever.
        for _ in 0..<100_000 {
            runTimers()
            guard let next = nextDeadline, next < target else { break }
            if next > now() { ahead += next - now() }
        }
        if target > now() { ahead += target - now() }
        runTimers()
    }
}
