package io.jukung.image.tar;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Writes tar archives for tests, with a library that is not the code under test. */
public final class TestTar {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar;

  public TestTar() {
    tar = new TarArchiveOutputStream(bytes, "ISO-8859-1");
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
  }

  /** Writes long names as GNU tar does, instead of in PAX records. */
  public TestTar gnu() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
    return this;
  }

  public TestTar file(String name, String content) {
    return file(name, content.getBytes(UTF_8), entry -> {});
  }

  public TestTar file(String name, byte[] content, Consumer<TarArchiveEntry> edit) {
    return entry(name, TarConstants.LF_NORMAL, 0644, content, edit);
  }

  public TestTar directory(String name) {
    return directory(name, 0755);
  }

  public TestTar directory(String name, int mode) {
    return entry(name + "/", TarConstants.LF_DIR, mode, new byte[0], entry -> {});
  }

  public TestTar directory(String name, Consumer<TarArchiveEntry> edit) {
    return entry(name + "/", TarConstants.LF_DIR, 0755, new byte[0], edit);
  }

  public TestTar symlink(String name, String target) {
    return entry(
        name, TarConstants.LF_SYMLINK, 0777, new byte[0], entry -> entry.setLinkName(target));
  }

  public TestTar hardLink(String name, String target) {
    return entry(name, TarConstants.LF_LINK, 0644, new byte[0], entry -> entry.setLinkName(target));
  }

  public TestTar node(String name, byte type, int major, int minor) {
    return entry(
        name,
        type,
        0640,
        new byte[0],
        entry -> {
          entry.setDevMajor(major);
          entry.setDevMinor(minor);
        });
  }

  public TestTar entry(
      String name, byte type, int mode, byte[] content, Consumer<TarArchiveEntry> edit) {
    TarArchiveEntry entry = new TarArchiveEntry(name, type, /* preserveAbsolutePath= */ true);
    entry.setMode(mode);
    entry.setModTime(1_700_000_000_000L);
    entry.setSize(content.length);
    edit.accept(entry);
    try {
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  public byte[] bytes() {
    try {
      tar.finish();
      tar.flush();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }
}
