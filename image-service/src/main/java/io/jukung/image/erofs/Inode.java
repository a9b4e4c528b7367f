package io.jukung.image.erofs;

import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.FileType;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One file, directory, link or device of an image in the making. Under several names it is a hard
 * link. Names, and the targets of links, are bytes, one char each (ISO 8859-1), which is also the
 * order that the format wants them in. Not thread-safe.
 */
public final class Inode {
  private static final byte[] NO_TARGET = {};
  private static final FileTime NO_TIME = new FileTime(0, 0);

  private final FileType type;
  private final DeviceNumber device;
  private final byte[] target;
  private final long firstBlock;
  private final long size;
  private final @Nullable NavigableMap<String, Inode> children;
  private int mode;
  private int uid;
  private int gid;
  private FileTime modified = NO_TIME;
  private Map<String, byte[]> attributes = Map.of();

  /** Where the writer puts it, in units of 32 bytes from the metadata's start; 0: not yet. */
  long number;

  /** Names that lead here, as the writer has counted them. */
  int links;

  /** Of a directory, where the writer has met it; the root is its own. */
  @Nullable Inode parent;

  /** Of a directory or symlink: what the writer writes for it. */
  long contentBytes;

  /** Of a directory or symlink whose content does not fit beside the inode; 0: it does. */
  long contentBlock;

  private Inode(
      FileType type,
      DeviceNumber device,
      byte[] target,
      long firstBlock,
      long size,
      @Nullable NavigableMap<String, Inode> children) {
    this.type = type;
    this.device = device;
    this.target = target;
    this.firstBlock = firstBlock;
    this.size = size;
    this.children = children;
  }

  /** An empty directory. */
  public static Inode directory() {
    return new Inode(FileType.DIRECTORY, new DeviceNumber(0, 0), NO_TARGET, 0, 0, new TreeMap<>());
  }

  /** A file whose content is in the image already, from the block that the writer gave. */
  public static Inode file(long firstBlock, long size) {
    return new Inode(FileType.REGULAR, new DeviceNumber(0, 0), NO_TARGET, firstBlock, size, null);
  }

  /**
   * A symbolic link.
   *
   * @param target of 1 to 4095 bytes
   */
  public static Inode symlink(byte[] target) {
    return new Inode(
        FileType.SYMLINK, new DeviceNumber(0, 0), target.clone(), 0, target.length, null);
  }

  /** A device, FIFO or socket. */
  public static Inode node(FileType type, DeviceNumber device) {
    return new Inode(type, device, NO_TARGET, 0, 0, null);
  }

  public FileType type() {
    return type;
  }

  public boolean isDirectory() {
    return children != null;
  }

  /** Whether overlayfs takes it for a deleted name. */
  public boolean isWhiteout() {
    return type == FileType.CHARACTER_DEVICE && device.major() == 0 && device.minor() == 0;
  }

  /**
   * Sets the attributes that every inode has.
   *
   * @param mode the 12 permission bits
   */
  public void describe(int mode, int uid, int gid, FileTime modified) {
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.modified = modified;
  }

  /** Sets an extended attribute, whose name {@link Attribute#isKnown knows}. */
  public void set(String attribute, byte[] value) {
    if (attributes.isEmpty()) {
      attributes = new HashMap<>(2);
    }
    attributes.put(attribute, value.clone());
  }

  /** Whether the format has room for all that was set. */
  public boolean hasRoomForAttributes() {
    return Attribute.fit(attributes);
  }

  /** A directory's names, in order; the view writes through. */
  public NavigableMap<String, Inode> children() {
    if (children == null) {
      throw new IllegalStateException("names in a " + type.noun());
    }
    return children;
  }

  public Optional<Inode> child(String name) {
    return Optional.ofNullable(children().get(name));
  }

  public byte[] target() {
    return target.clone();
  }

  int mode() {
    return mode;
  }

  int uid() {
    return uid;
  }

  int gid() {
    return gid;
  }

  FileTime modified() {
    return modified;
  }

  DeviceNumber device() {
    return device;
  }

  long firstBlock() {
    return firstBlock;
  }

  long size() {
    return size;
  }

  Map<String, byte[]> attributes() {
    return Collections.unmodifiableMap(attributes);
  }
}
