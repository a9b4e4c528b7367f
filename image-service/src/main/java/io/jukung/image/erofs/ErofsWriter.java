package io.jukung.image.erofs;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Writes an uncompressed EROFS image in one pass: first the files' contents in the order in which
 * they arrive, then the inodes, when all are known (Documentation/filesystems/erofs.rst,
 * fs/erofs/erofs_fs.h).
 *
 * <pre>
 * block 0     superblock, at byte 1024
 * block 1 …   contents of files, each from a block's start; holes are holes in the image
 * …           directories and links that do not fit into one block with their inode
 * …           inodes of 64 bytes with their attributes, each followed by its short content
 * </pre>
 *
 * Equal trees with contents in equal order give equal bytes. Not thread-safe.
 */
public final class ErofsWriter implements AutoCloseable {
  static final int BLOCK_BYTES = 4096;

  private static final int BLOCK_BITS = 12;
  private static final int MAGIC = 0xE0F5E1E2;
  private static final int SUPERBLOCK_OFFSET = 1024;
  private static final int FEATURE_CHECKSUM = 0x1;
  private static final int FEATURE_MTIME = 0x2;
  private static final int SLOT_BYTES = 32;
  private static final int INODE_BYTES = 64;
  private static final int EXTENDED = 1;
  private static final int FLAT_PLAIN = 0;
  private static final int FLAT_INLINE = 2;
  private static final long MAX_BLOCKS = 0xFFFF_FFFFL;
  private static final int BUFFER_BYTES = 256 * 1024;
  private static final int SEEK_SET = 0;
  private static final byte[] ZEROS = new byte[BLOCK_BYTES];

  private final Fd file;
  private final Memory buffer = Memory.allocate(BUFFER_BYTES);

  /** The number of bytes in the buffer; {@link #at} is the position behind the last of them. */
  private int buffered;

  private long at = BLOCK_BYTES;
  private long contentStart;

  /** The image would have more than 2^32 blocks. */
  public static final class FullException extends IOException {
    private static final long serialVersionUID = 1L;

    FullException() {
      super("an EROFS image has no room for more than 16 TiB");
    }
  }

  /**
   * Begins an image.
   *
   * @param file an empty regular file, which the caller closes after this writer
   */
  public ErofsWriter(Fd file) throws IOException {
    this.file = file;
    seek(BLOCK_BYTES);
  }

  /**
   * Begins the content of a file.
   *
   * @return the block that the content starts at
   */
  public long beginContent() throws FullException {
    if (at >> BLOCK_BITS >= MAX_BLOCKS) {
      throw new FullException();
    }
    contentStart = at;
    return at >> BLOCK_BITS;
  }

  /**
   * Writes a part of the content. Gaps between parts are zeros.
   *
   * @param offset the part's offset in the content, not before the end of the previous part
   */
  public void write(long offset, byte[] source, int start, int length) throws IOException {
    skipTo(contentStart + offset);
    put(source, start, length);
  }

  /**
   * Ends the content.
   *
   * @param size the content's size; bytes behind the last part are zeros
   */
  public void endContent(long size) throws IOException {
    skipTo(contentStart + size);
    pad();
  }

  /**
   * Writes all inodes and, last of all, the superblock. The caller syncs the file.
   *
   * @param root the root directory
   */
  public void finish(Inode root) throws IOException {
    List<Inode> inodes = new ArrayList<>();
    long blocks = at >> BLOCK_BITS;
    long start = number(root, inodes, blocks);
    ByteBuffer bytes = ByteBuffer.allocate(0);
    for (Inode inode : inodes) {
      if (inode.contentBlock != 0) {
        bytes = room(bytes, inode.contentBytes);
        putContent(inode, bytes);
        put(bytes.array(), 0, bytes.position());
        pad();
      }
    }
    int index = 0;
    for (Inode inode : inodes) {
      skipTo((start << BLOCK_BITS) + inode.number * SLOT_BYTES);
      bytes = room(bytes, INODE_BYTES + Attribute.bytes(inode.attributes()) + BLOCK_BYTES);
      putInode(inode, ++index, bytes);
      put(bytes.array(), 0, bytes.position());
    }
    pad();
    flush();
    writeSuperblock(root, inodes.size(), start);
  }

  @Override
  public void close() {
    buffer.close();
  }

  // ── layout ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Gives each inode its place, breadth first, so that the entries of one directory lie together.
   *
   * @param block the first free block
   * @return the block that the inodes start at
   */
  private static long number(Inode root, List<Inode> inodes, long block) throws FullException {
    Deque<Inode> directories = new ArrayDeque<>();
    long next = 1; // slot 0 would be inode number 0, which readdir(3) leaves out
    long free = block;
    root.parent = root;
    next = place(root, next);
    inodes.add(root);
    directories.add(root);
    while (!directories.isEmpty()) {
      Inode directory = directories.removeFirst();
      directory.links += 2;
      for (Inode child : directory.children().values()) {
        if (child.isDirectory()) {
          child.parent = directory;
          directory.links++;
          directories.addLast(child);
        } else if (child.links++ > 0) {
          continue;
        }
        inodes.add(child);
        next = place(child, next);
      }
    }
    for (Inode inode : inodes) {
      if (inode.contentBytes > 0 && !isInline(inode)) {
        inode.contentBlock = free;
        free += (inode.contentBytes + BLOCK_BYTES - 1) >> BLOCK_BITS;
      }
    }
    if (free + ((next * SLOT_BYTES) >> BLOCK_BITS) + 1 > MAX_BLOCKS) {
      throw new FullException();
    }
    return free;
  }

  /**
   * Puts the inode into the first slot, from the given one on, in which the inode and its inline
   * content do not cross a block's end.
   *
   * @return the first slot behind the inode
   */
  private static long place(Inode inode, long slot) {
    inode.contentBytes = contentBytes(inode);
    long bytes = Attribute.bytes(inode.attributes());
    bytes += INODE_BYTES + (isInline(inode) ? inode.contentBytes : 0);
    long offset = (slot * SLOT_BYTES) % BLOCK_BYTES;
    boolean crosses = offset + bytes > BLOCK_BYTES;
    long start = crosses ? slot + (BLOCK_BYTES - offset) / SLOT_BYTES : slot;
    inode.number = start;
    return start + (bytes + SLOT_BYTES - 1) / SLOT_BYTES;
  }

  /** Whether the content follows the inode: inline content must end in its inode's block. */
  private static boolean isInline(Inode inode) {
    return inode.contentBytes > 0
        && INODE_BYTES + Attribute.bytes(inode.attributes()) + inode.contentBytes <= BLOCK_BYTES;
  }

  /** The size of content that is written with the inodes: 0 for a file, whose content precedes. */
  private static long contentBytes(Inode inode) {
    return switch (inode.type()) {
      case DIRECTORY -> DirectoryBlocks.bytes(inode);
      case SYMLINK -> inode.size();
      case REGULAR, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> 0;
    };
  }

  // ── bytes ──────────────────────────────────────────────────────────────────────────────────

  private static void putContent(Inode inode, ByteBuffer to) {
    if (inode.isDirectory()) {
      DirectoryBlocks.put(inode, inode.parent == null ? inode : inode.parent, to);
    } else {
      to.put(inode.target());
    }
  }

  private static void putInode(Inode inode, int index, ByteBuffer to) {
    boolean inline = isInline(inode);
    int attributeBytes = Attribute.bytes(inode.attributes());
    int attributeCount =
        attributeBytes == 0 ? 0 : (attributeBytes - Attribute.HEADER_BYTES) / 4 + 1;
    to.putShort((short) (EXTENDED | (inline ? FLAT_INLINE : FLAT_PLAIN) << 1));
    to.putShort((short) attributeCount);
    to.putShort((short) (inode.type().bits() | inode.mode()));
    to.putShort((short) 0);
    to.putLong(inode.isDirectory() ? inode.contentBytes : inode.size());
    to.putInt((int) blockOrDevice(inode));
    to.putInt(index);
    to.putInt(inode.uid());
    to.putInt(inode.gid());
    to.putLong(inode.modified().seconds());
    to.putInt(inode.modified().nanoseconds());
    to.putInt(inode.links);
    to.put(new byte[16]);
    Attribute.put(inode.attributes(), to);
    if (inline) {
      putContent(inode, to);
    }
  }

  /** The first block of the content, or the device number. */
  private static long blockOrDevice(Inode inode) {
    return switch (inode.type()) {
      case REGULAR -> inode.size() == 0 ? 0 : inode.firstBlock();
      case DIRECTORY, SYMLINK -> inode.contentBlock;
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> inode.device().encoded();
    };
  }

  private void writeSuperblock(Inode root, int inodes, long start) throws IOException {
    long blocks = at >> BLOCK_BITS;
    ByteBuffer block = room(ByteBuffer.allocate(0), BLOCK_BYTES);
    block.position(SUPERBLOCK_OFFSET);
    block.putInt(MAGIC).putInt(0).putInt(FEATURE_CHECKSUM | FEATURE_MTIME);
    block.put((byte) BLOCK_BITS).put((byte) 0).putShort((short) root.number);
    block.putLong(inodes).putLong(0).putInt(0);
    block.putInt((int) blocks).putInt((int) start);
    CRC32C checksum = new CRC32C();
    checksum.update(block.array(), SUPERBLOCK_OFFSET, BLOCK_BYTES - SUPERBLOCK_OFFSET);
    block.putInt(SUPERBLOCK_OFFSET + 4, ~(int) checksum.getValue());
    seek(0);
    at = 0;
    put(block.array(), 0, BLOCK_BYTES);
    flush();
  }

  private static ByteBuffer room(ByteBuffer used, long bytes) {
    if (used.capacity() >= bytes) {
      return used.clear();
    }
    int size = Math.toIntExact(Math.max(bytes, 2L * BLOCK_BYTES));
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  // ── the file ───────────────────────────────────────────────────────────────────────────────

  private void put(byte[] source, int start, int length) throws IOException {
    for (int done = 0; done < length; ) {
      if (buffered == BUFFER_BYTES) {
        flush();
      }
      int count = Math.min(length - done, BUFFER_BYTES - buffered);
      buffer.put(buffered, source, start + done, count);
      buffered += count;
      at += count;
      done += count;
    }
  }

  private void pad() throws IOException {
    skipTo((at + BLOCK_BYTES - 1) & -BLOCK_BYTES);
  }

  /** Moves forward to the position: fills less than a block with zeros, makes more a hole. */
  private void skipTo(long position) throws IOException {
    if (position - at < BLOCK_BYTES) {
      put(ZEROS, 0, (int) (position - at));
    } else {
      flush();
      seek(position);
      at = position;
    }
  }

  private void flush() throws IOException {
    file.write(buffer, 0, buffered);
    buffered = 0;
  }

  private void seek(long position) throws IOException {
    Kernel.call(Syscall.LSEEK, () -> file + ", " + position, file.number(), position, SEEK_SET);
  }
}
