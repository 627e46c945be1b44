// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("When controllers look again")
struct WakeScheduleTests {
    private func wake(_ number: Int) -> WakeSchedule.Wake {
        .init(controller: number % 3, key: ObjectID(group: "", kind: "Pod", namespace: "n", name: "p\(number)"))
    }

    private func at(_ second: Int64) -> Timestamp { Timestamp(secondsSinceEpoch: second) }

    @Test("What is due comes in the order of time, then of controller and object, once, and nothing before its time")
    func order() {
        var schedule = WakeSchedule()
        for (number, time) in [(4, 20), (1, 10), (0, 20), (7, 10), (2, 30)] { schedule[wake(number)] = at(Int64(time)) }
        #expect(schedule.next == at(10))
        #expect(schedule.popDue(now: at(9)) == nil)
        var seen: [WakeSchedule.Wake] = []
        while let next = schedule.popDue(now: at(20)) { seen.append(next) }
        #expect(seen == [wake(1), wake(7), wake(0), wake(4)])
        #expect(schedule.next == at(30))
    }

    @Test("A wake that is moved or forgotten does not come at its old time")
    func moved() {
        var schedule = WakeSchedule()
        schedule[wake(1)] = at(10)
        schedule[wake(2)] = at(20)
        schedule[wake(1)] = at(40)
        #expect(schedule.next == at(20))
        schedule[wake(2)] = nil
        #expect(schedule.next == at(40))
        schedule[wake(1)] = at(5)
        #expect(schedule.popDue(now: at(50)) == wake(1))
        #expect(schedule.popDue(now: at(50)) == nil)
        #expect(schedule.next == nil)
    }

    @Test("Whatever is set, moved and taken, it is what a sorted list would be")
    func property() {
        var random = SplitMix64(seed: 5)
        var schedule = WakeSchedule()
        var model: [WakeSchedule.Wake: Timestamp] = [:]
        for step in 0..<5000 {
            let wake = wake(Int(random.next() % 40))
            let time = at(Int64(step) + Int64(random.next() % 100))
            switch random.next() % 4 {
            case 0:
                schedule[wake] = nil
                model[wake] = nil
            case 1:
                let due = model.filter { $0.value <= time }.min { ($0.value, $0.key) < ($1.value, $1.key) }
                #expect(schedule.popDue(now: time) == due?.key)
                if let due { model[due.key] = nil }
            default:
                schedule[wake] = time
                model[wake] = time
            }
            #expect(schedule.next == model.values.min())
        }
    }
}
