// SPDX-License-Identifier: Apache-2.0

internal import Testing

@testable internal import Mainstay

@Suite("What the process keeps resident")
struct ProcessMemoryTests {
    @Test("What could be read from its file again is found, and nothing that was changed in memory, or may be")
    func mappings() {
        let smaps = """
            55d0a0000000-55d0a0003000 r-xp 00002000 fe:00 17 /usr/bin/mainstay
            Size:                 12 kB
            Rss:                  12 kB
            Anonymous:             0 kB
            VmFlags: rd ex mr mw me
            55d0a0003000-55d0a0004000 r--p 00005000 fe:00 17 /usr/bin/mainstay
            Anonymous:             4 kB
            55d0a0006000-55d0a0007000 r--p 00007000 fe:00 17 /usr/bin/mainstay
            Anonymous:             0 kB
            7f0000008000-7f0000009000 r--s 00000000 fe:00 20 /data/mirror.git/objects/pack/a.pack
            Anonymous:             0 kB
            55d0a0004000-55d0a0005000 rw-p 00006000 fe:00 17 /usr/bin/mainstay
            Anonymous:             0 kB
            7f0000000000-7f0000002000 r-xp 00000000 fe:00 18 /usr/lib/with relocations in code.so
            Anonymous:             8 kB
            7f0000002000-7f0000003000 r-xp 00000000 00:00 0
            Anonymous:             0 kB
            7f0000003000-7f0000004000 r-xp 00000000 00:00 0                          [vdso]
            Anonymous:             0 kB
            7f0000004000-7f0000006000 r-xp 00001000 fe:00 19 /usr/lib/libc.so.6
            Anonymous:             0 kB

            """
        #expect(
            FileMapping.all(in: Array(smaps.utf8)) == [
                FileMapping(start: 0x55d0_a000_0000, length: 0x3000),
                FileMapping(start: 0x55d0_a000_6000, length: 0x1000),
                FileMapping(start: 0x7f00_0000_4000, length: 0x2000),
            ])
    }

    @Test("What was given back still runs")
    func goesOn() {
        ProcessMemory.giveBack()
        #expect((0..<1000).map { "\($0)" }.joined().count == 2890)
    }
}
