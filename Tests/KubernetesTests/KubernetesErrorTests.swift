// SPDX-License-Identifier: Apache-2.0

import Manifests
import TestSupport
import Testing
import Transport

@testable import Kubernetes

@Suite struct KubernetesErrorTests {
    private func error(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) -> KubernetesError {
        KubernetesError(
            HTTPResponse(status: status, headers: headers, body: Array(body.utf8)), subject: "apply Secret staging/s")
    }

    private func status(_ code: Int, _ message: String, reason: String = "", details: String = "{}") -> String {
        JSON.text([
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": .string(message),
            "reason": .string(reason), "details": (try? JSON.parse(details)) ?? [:], "code": .integer(Int64(code)),
        ])
    }

    @Test("every recorded refusal is classed, says what is wrong and prints no value", arguments: RecordedRefusal.all)
    func recorded(_ refusal: RecordedRefusal) {
        let error = KubernetesError(refusal.response, subject: "apply it")
        #expect(error.code == refusal.code)
        #expect(error.status == refusal.status)
        #expect(error.description.contains(refusal.says), "\(error)")
        if !refusal.hides.isEmpty { #expect(!"\(error) \(error.causes)".contains(refusal.hides), "\(error)") }
        #expect(!error.description.contains("\n"))
        let passing: Set<KubernetesError.Code> = [.serverError, .expired, .namespaceTerminating]
        #expect(error.isTransient == passing.contains(refusal.code))
    }

    @Test(
        "a Secret's value in the server's message never comes through", arguments: [400, 403, 409, 422, 500, 503, 418])
    func planted(_ code: Int) {
        let secret = "hunter2-s3cr3t"
        let messages = [
            "failed to create typed patch object (t/s; /v1, Kind=Secret): .stringData.p: expected string, got "
                + "&value.valueUnstructured{Value:\(secret)}",
            "failed to create typed patch object (t/s; /v1, Kind=Secret): errors:\n  .data.a: expected string, got "
                + "x\n.\(secret): field not declared in schema",
            "Secret \"s\" is invalid: data[p]: Invalid value: \"\(secret)\": field is immutable",
            "Secret in version \"v1\" cannot be handled as a Secret: json: cannot unmarshal \(secret)",
            "Internal error occurred: failed calling webhook \"\(secret)!\": Post",
            "s is forbidden: \(secret)",
        ]
        for message in messages {
            let details =
                #"{"causes":[{"reason":"FieldValueInvalid","field":"data","message":"Invalid value: \"\#(secret)\": bad"}]}"#
            for details in ["{}", details] {
                let error = error(code, status(code, message, details: details))
                #expect(!"\(error)\(error.causes)\(error.reason)".contains(secret), "\(error)")
            }
        }
    }

    @Test("a refused type names the field and the type that is expected")
    func refusedType() {
        let error = error(
            500,
            status(
                500,
                "failed to create typed patch object (t/s; /v1, Kind=Secret): .stringData.p: expected string, got "
                    + "&value.valueUnstructured{Value:12345}"))
        #expect(error.code == .invalid)
        #expect(!error.isTransient)
        #expect(
            error.causes == [
                .init(field: ".stringData.p", reason: "FieldValueTypeInvalid", detail: "wrong type, expected string")
            ])
    }

    @Test("a refused number is called by its plain name")
    func refusedNumber() {
        let words = "failed to create typed patch object (t2/web; apps/v1, Kind=Deployment): .spec.replicas: "
        let error = error(500, status(500, words + "expected numeric (int or float), got string"))
        #expect(error.causes.map(\.detail) == ["wrong type, expected numeric"])
    }

    @Test("an apply with several mistakes names them all")
    func severalMistakes() {
        let error = error(
            500,
            status(
                500,
                "failed to create typed patch object (t/d; apps/v1, Kind=Deployment): errors:\n"
                    + "  .spec.replcas: field not declared in schema\n"
                    + "  .spec.template.spec.containers[name=\"c\"].env: duplicate entries for key [name=\"A\"]\n"))
        #expect(
            error.causes.map(\.field) == [".spec.replcas", ".spec.template.spec.containers[name=\"c\"].env"])
    }

    @Test("a 500 that is no refused manifest is transient, and its outcome unknown")
    func serverInTrouble() {
        let error = error(500, status(500, "etcdserver: request timed out"))
        #expect(error.code == .serverError)
        #expect(error.isTransient)
        #expect(!error.description.contains("etcd"))
    }

    @Test("a webhook that cannot be called is named and is transient")
    func failedWebhook() {
        let error = error(
            500,
            status(
                500, "Internal error occurred: failed calling webhook \"check.example.com\": Post \"https://x\": EOF",
                reason: "InternalError"))
        #expect(error.message.contains("\"check.example.com\""))
        #expect(error.isTransient)
    }

    @Test("a version that managedFields name and the CRD dropped is not waited for")
    func brokenOwnership() {
        let error = error(500, status(500, "request to convert CR to an invalid group/version: example.com/v1"))
        #expect(error.code == .brokenOwnership)
        #expect(!error.isTransient)
    }

    @Test(
        "messages about rights, quota and admission are quoted",
        arguments: [
            "pods \"x\" is forbidden: exceeded quota: q, requested: cpu=2, used: cpu=1, limited: cpu=2",
            "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false",
            "admission webhook \"policy.example.com\" denied the request: no latest tags",
            "deployments.apps \"x\" is forbidden: User \"u\" cannot patch resource \"deployments\"",
            "pods \"x\" is forbidden: error looking up service account t/x: serviceaccount \"x\" not found",
        ])
    func quoted(_ message: String) {
        let error = error(403, status(403, message, reason: "Forbidden"))
        let isQuota = message.contains("exceeded quota")
        let isAdmission = message.hasPrefix("admission webhook")
        #expect(error.code == (isQuota ? .quotaExceeded : isAdmission ? .admissionDenied : .forbidden))
        #expect(error.message == message)
        #expect(error.isTransient == isQuota)
    }

    @Test("an admission rule is quoted whatever status it answers with", arguments: [400, 403, 422])
    func admission(_ code: Int) {
        let words =
            "deployments.apps \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"
        let error = error(code, status(code, words))
        #expect(error.code == .admissionDenied)
        #expect(error.message == words)
    }

    @Test("the conflicting managers are told apart from their suffixes")
    func managers() {
        let details = """
            {"causes":[{"reason":"FieldManagerConflict","field":".spec.replicas","message":"conflict with \\"kubectl\\" \
            with subresource \\"scale\\" using apps/v1"},{"reason":"FieldManagerConflict","field":".data.a",\
            "message":"conflict with \\"editor\\" using v1 at 2026-11-21T09:12:36Z"}]}
            """
        let error = error(409, status(409, "Apply failed", reason: "Conflict", details: details))
        #expect(error.causes.map(\.manager) == ["kubectl", "editor"])
        #expect(error.causes.map(\.field) == [".spec.replicas", ".data.a"])
        #expect(!error.isTransient)
    }

    @Test("Retry-After comes from the header, from the details, and is bounded")
    func retryAfter() {
        #expect(error(429, status(429, ""), ["Retry-After": "7"]).retryAfter == .seconds(7))
        #expect(error(503, "busy", ["retry-after": "2"]).retryAfter == .seconds(2))
        #expect(error(429, status(429, "", details: "{\"retryAfterSeconds\":3}")).retryAfter == .seconds(3))
        #expect(error(429, "", ["Retry-After": "99999999999"]).retryAfter == .seconds(3600))
        #expect(error(429, "", ["Retry-After": "soon"]).retryAfter == nil)
        #expect(error(429, "").isTransient && error(503, "").isTransient && error(504, "").isTransient)
    }

    @Test("an answer that is no Status is judged by its number alone")
    func otherAnswers() {
        #expect(error(410, "").code == .expired)
        #expect(error(502, "<html>secret</html>").code == .unavailable)
        #expect(error(302, "").code == .malformedAnswer)
        #expect(error(404, "404 page not found\n").code == .kindNotServed)
        #expect(error(413, "").code == .tooLarge)
        #expect(error(418, "").code == .invalid)
        #expect(error(501, "").code == .serverError)
    }

    @Test("what the transport reports keeps its nature")
    func transport() {
        func code(_ code: TransportError.Code) -> KubernetesError {
            KubernetesError(TransportError(code: code, subject: "GET https://x", message: "m"), subject: "get it")
        }
        #expect(code(.timeout).code == .transport && code(.timeout).isTransient)
        #expect(code(.tls).code == .configuration && !code(.tls).isTransient)
        #expect(code(.cancelled).code == .cancelled && !code(.cancelled).isTransient)
    }

    @Test("long messages are cut, and control characters do not reach a terminal")
    func cleaned() {
        let long = "admission webhook \"w\" denied the request: \u{1B}[31m" + String(repeating: "x", count: 5000)
        let error = error(403, status(403, long))
        #expect(error.message.count < 1100)
        #expect(!error.message.unicodeScalars.contains("\u{1B}"))
    }
}
