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
 * One file, directory, symbolic link or device of an image that is being built. An inode with
 * several names is a hard link. Names and link targets are bytes, with one char for each byte (ISO
 * 8859-1): strings then sort as the format requires. Not thread-safe.
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

  /**
   * The inode's place, in units of 32 bytes from the start of all inodes; 0 until the writer has
   * set it.
   */
  long number;

  /** The number of names that lead to this inode, as the writer has counted them. */
  int links;

  /** A directory's parent, set by the writer; the root is its own parent. */
  @Nullable Inode parent;

  /** The size of the content that the writer writes for a directory or symbolic link. */
  long contentBytes;

  /**
   * The first block of a directory's or symbolic link's content; 0 if the content follows the
   * inode.
   */
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

  /** Creates an empty directory. */
  public static Inode directory() {
    return new Inode(FileType.DIRECTORY, new DeviceNumber(0, 0), NO_TARGET, 0, 0, new TreeMap<>());
  }

  /**
   * Creates a file whose content is in the image already.
   *
   * @param firstBlock the block that {@link ErofsWriter#beginContent} returned
   */
  public static Inode file(long firstBlock, long size) {
    return new Inode(FileType.REGULAR, new DeviceNumber(0, 0), NO_TARGET, firstBlock, size, null);
  }

  /**
   * Creates a symbolic link.
   *
   * @param target a path of 1 to 4095 bytes
   */
  public static Inode symlink(byte[] target) {
    return new Inode(
        FileType.SYMLINK, new DeviceNumber(0, 0), target.clone(), 0, target.length, null);
  }

  /** Creates a device, FIFO or socket. */
  public static Inode node(FileType type, DeviceNumber device) {
    return new Inode(type, device, NO_TARGET, 0, 0, null);
  }

  public FileType type() {
    return type;
  }

  public boolean isDirectory() {
    return children != null;
  }

  /** Whether overlayfs takes this inode for a whiteout, the mark of a deleted name. */
  public boolean isWhiteout() {
    return type == FileType.CHARACTER_DEVICE && device.major() == 0 && device.minor() == 0;
  }

  /**
   * Sets the attributes that every inode has. The defaults are mode 0, root, and the epoch.
   *
   * @param mode the 12 permission bits
   */
  public void describe(int mode, int uid, int gid, FileTime modified) {
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.modified = modified;
  }

  /**
   * Sets an extended attribute.
   *
   * @param attribute a name that {@link Attribute#isKnown} accepts
   */
  public void set(String attribute, byte[] value) {
    if (attributes.isEmpty()) {
      attributes = new HashMap<>(2);
    }
    attributes.put(attribute, value.clone());
  }

  /** The value of an extended attribute, if it was set. */
  public Optional<byte[]> attribute(String attribute) {
    return Optional.ofNullable(attributes.get(attribute)).map(byte[]::clone);
  }

  /** Whether the format has room for all extended attributes that were set. */
  public boolean hasRoomForAttributes() {
    return Attribute.fit(attributes);
  }

  /** The directory's entries by their names, sorted. Changes to the map change the directory. */
  public NavigableMap<String, Inode> children() {
    if (children == null) {
      throw new IllegalStateException("a " + type.noun() + " has no entries");
    }
    return children;
  }

  /** The directory's entry of this name. */
  public Optional<Inode> child(String name) {
    return Optional.ofNullable(children().get(name));
  }

  /** A symbolic link's target; empty for other types. */
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
