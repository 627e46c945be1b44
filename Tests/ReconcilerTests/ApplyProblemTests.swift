// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Whose fault a refused apply is")
struct ApplyProblemTests {
    private static let others: [ClusterFailure.Code] = [
        .unavailable, .unauthorized, .forbidden, .quotaExceeded, .namespaceMissing, .namespaceTerminating,
        .kindNotServed, .notFound, .stale, .expired, .cancelled, .serverError,
    ]

    @Test("What the revision cannot help blocks, and keeps the server's delay", arguments: others)
    func blocks(code: ClusterFailure.Code) {
        let failure = ClusterFailure(code: code, message: "m", retryAfter: .seconds(7))
        let cause = Cause(object: Planet.apiDeployment, reason: code.rawValue, message: "m")
        #expect(
            ApplyProblem(failure, object: Planet.apiDeployment) == .blocked(cause, retryAfter: .seconds(7)))
    }

    @Test("What the digest itself does is refused", arguments: [ClusterFailure.Code.admissionDenied, .other])
    func refuses(code: ClusterFailure.Code) {
        let problem = ApplyProblem(ClusterFailure(code: code, message: "m"), object: Planet.apiDeployment)
        #expect(problem == .refused(Cause(object: Planet.apiDeployment, reason: code.rawValue, message: "m")))
    }

    @Test(
        "What needs another question to the server is not judged yet",
        arguments: [ClusterFailure.Code.fieldConflict, .invalid])
    func asks(code: ClusterFailure.Code) {
        #expect(ApplyProblem(ClusterFailure(code: code, message: "m"), object: Planet.apiDeployment) == nil)
    }
}
