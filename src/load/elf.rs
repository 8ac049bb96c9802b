//! The loader that a program asks for, from its ELF header (`elf(5)`).

/// The header, the program headers and the name of the loader lie in so many first bytes of what linkers write.
pub(super) const HEAD: u64 = 4096;

/// `PT_INTERP`
const INTERPRETER: u32 = 3;

/// The loader of a 64-bit program whose first bytes these are, as in `/lib64/ld-linux-x86-64.so.2`; `None` where it needs none,
/// or where this is no such program.
pub(super) fn loader(head: &[u8]) -> Option<String> {
    // 64 bits, least byte first.
    head.strip_prefix(&[0x7f, b'E', b'L', b'F', 2, 1])?;
    let table = usize::try_from(number::<8>(head, 32)?).ok()?;
    let size = usize::try_from(number::<2>(head, 54)?).ok()?;
    let count = usize::try_from(number::<2>(head, 56)?).ok()?;
    let headers = head.get(table..)?.chunks_exact(size.max(56)).take(count);
    let mut interpreters = headers.filter(|header| number::<4>(header, 0) == Some(u64::from(INTERPRETER)));
    let header = interpreters.next()?;
    let start = usize::try_from(number::<8>(header, 8)?).ok()?;
    let length = usize::try_from(number::<8>(header, 32)?).ok()?;
    let text = head.get(start..start.checked_add(length)?)?;
    let text = text.split(|byte| *byte == 0).next()?;
    String::from_utf8(text.to_vec())
        .ok()
        .filter(|path| path.starts_with('/'))
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let field: [u8; N] = bytes.get(at..at.checked_add(N)?)?.try_into().ok()?;
    Some(field.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with one program header of this type, and the name behind it.
    fn program(kind: u8, name: &str) -> Vec<u8> {
        let mut bytes = vec![0; 120];
        bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
        (bytes[32], bytes[54], bytes[56]) = (64, 56, 1);
        (bytes[64], bytes[72], bytes[96]) = (kind, 120, u8::try_from(name.len() + 1).unwrap());
        bytes.extend(name.bytes());
        bytes.push(0);
        bytes
    }

    #[test]
    fn the_loader_is_read_where_there_is_one() {
        let name = "/lib64/ld-linux-x86-64.so.2";
        assert_eq!(loader(&program(3, name)).as_deref(), Some(name));
        assert_eq!(loader(&program(1, name)), None);
        assert_eq!(loader(b"#!/bin/sh\n"), None);
        for length in 0..148 {
            assert_eq!(loader(&program(3, name)[..length.min(147)]), None, "{length}");
        }
        let mut wild = program(3, name);
        wild[72..80].fill(0xff);
        assert_eq!(loader(&wild), None);
    }
}
