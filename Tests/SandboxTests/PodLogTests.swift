// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Logs of pods")
struct PodLogTests {
    let box = ReadBox()
    private let path = "/api/v1/namespaces/default/pods/p"

    private func pod(_ state: Value, last: Value? = nil) -> Value {
        var status: Object = ["name": "c", "image": "i:1", "state": state]
        if let last { status["lastState"] = last }
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
            "spec": ["nodeName": "n", "containers": [["name": "c", "image": "i:1"]]],
            "status": ["phase": "Running", "containerStatuses": [.object(status)]],
        ]
    }

    private let running: Value = ["running": ["startedAt": "2026-01-01T00:00:00Z"]]
    private let ended: Value = [
        "terminated": [
            "exitCode": 3, "reason": "Error", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:09Z",
        ]
    ]

    private func create() async {
        await box.post("/api/v1/namespaces/default/pods", pod(running))
        await box.post("\(path)/status", pod(running), method: "PUT")
    }

    private func text(_ query: String = "") async -> String {
        guard case .bytes(let bytes) = await box.send("\(path)/log\(query)").body else { return "a stream" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func all(_ stream: AsyncStream<[UInt8]>) async -> String {
        var text = ""
        for await part in stream { text += String(decoding: part, as: UTF8.self) }
        return text
    }

    @Test("Who follows is told how the run ended, and then it is over")
    func follow() async throws {
        await create()
        let stream = try #require(await box.stream("\(path)/log?follow=true&tailLines=1"))
        await box.post("\(path)/status", pod(ended), method: "PUT")
        #expect(await all(stream) == "sandbox: running\nsandbox: exited with code 3: Error\n")
    }

    @Test("The end of a run that has been restarted meanwhile is told as well")
    func restarted() async throws {
        await create()
        let stream = try #require(await box.stream("\(path)/log?follow=true&tailLines=0&timestamps=true"))
        let next: Value = ["running": ["startedAt": "2026-01-01T00:00:10Z"]]
        await box.post("\(path)/status", pod(next, last: ended), method: "PUT")
        #expect(await all(stream) == "2026-01-01T00:00:09.000000000Z sandbox: exited with code 3: Error\n")
    }

    @Test("Following ends with the pod, with the bytes that were asked for, and at once where the run is over")
    func ends() async throws {
        await create()
        let gone = try #require(await box.stream("\(path)/log?follow=true"))
        let limited = try #require(await box.stream("\(path)/log?follow=true&limitBytes=20&tailLines=1"))
        let full = try #require(await box.stream("\(path)/log?follow=true&limitBytes=3"))
        #expect(await all(full) == "san")
        await box.post("\(path)/status", pod(ended), method: "PUT")
        #expect(await all(limited) == "sandbox: running\nsan")
        let over = try #require(await box.stream("\(path)/log?follow=true&tailLines=1"))
        #expect(await all(over) == "sandbox: exited with code 3: Error\n")
        _ = await all(gone)

        await box.post("\(path)/status", pod(running), method: "PUT")
        let deleted = try #require(await box.stream("\(path)/log?follow=true&tailLines=1"))
        await box.post(path, ["gracePeriodSeconds": 0], method: "DELETE")
        #expect(await all(deleted) == "sandbox: running\n")
    }

    @Test("Last lines, since a time, with times, up to so many bytes")
    func selection() async {
        await create()
        #expect(await text() == "sandbox: container c with image i:1\nsandbox: running\n")
        #expect(await text("?tailLines=1&timestamps=true") == "2026-01-01T00:00:00.000000000Z sandbox: running\n")
        #expect(await text("?limitBytes=7") == "sandbox")
        #expect(await text("?sinceTime=2026-01-01T00:00:01Z") == "")
    }

    @Test(
        "What makes no sense is refused",
        arguments: [
            ("tailLines=-1", 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
            ("limitBytes=0", 422, "limitBytes: Invalid value: 0: must be greater than 0"),
            (
                "sinceSeconds=-9223372036854775808", 422,
                "sinceSeconds: Invalid value: -9223372036854775808: must be greater than 0"
            ),
            ("sinceSeconds=0", 422, "sinceSeconds: Invalid value: 0: must be greater than 0"),
            (
                "sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z", 422,
                "at most one of `sinceTime` or `sinceSeconds` may be specified"
            ),
            ("tailLines=x", 400, "parsing \"x\": invalid syntax"),
            ("container=d", 400, "container d is not valid for pod p"),
            ("previous=true", 400, "previous terminated container \"c\" in pod \"p\" not found"),
        ])
    func refusals(query: String, status: Int64, words: String) async {
        await create()
        let answer = await box.get("\(path)/log?\(query)")
        #expect(answer["code"]?.integer == status)
        #expect(answer["message"]?.string?.contains(words) == true, "\(answer["message"] ?? "")")
    }
}
