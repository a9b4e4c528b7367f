package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.Openat2;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The accounts in an image's /etc/passwd and /etc/group (passwd(5), group(5)). The files are not
 * trusted: they are read inside the image's root, only if they are regular files, and only up to a
 * limit. Malformed lines are skipped. An id that is out of range is an error only if its account is
 * used.
 */
final class AccountFiles {
  private static final int MAX_BYTES = 10 << 20;

  /** Programs that keep ids in signed integers take larger ones for negative. */
  static final long MAX_ID = Integer.MAX_VALUE;

  private final List<Account> accounts;
  private final List<Group> groups;

  private AccountFiles(List<Account> accounts, List<Group> groups) {
    this.accounts = accounts;
    this.groups = groups;
  }

  /** One line of passwd. */
  record Account(String name, String uid, String gid, String home) {}

  /** One line of group. */
  record Group(String name, String gid, List<String> members) {}

  /**
   * Reads both files. A missing file has no accounts.
   *
   * @param root the root directory of the image
   */
  static AccountFiles read(Fd root) throws IOException {
    return parse(content(root, "/etc/passwd"), content(root, "/etc/group"));
  }

  static AccountFiles parse(String passwd, String group) {
    List<Account> accounts = new ArrayList<>();
    lines(passwd)
        .map(line -> line.split(":", -1))
        .filter(fields -> fields.length >= 4)
        .forEach(
            fields ->
                accounts.add(
                    new Account(
                        fields[0], fields[2], fields[3], fields.length > 5 ? fields[5] : "")));
    List<Group> groups = new ArrayList<>();
    lines(group)
        .map(line -> line.split(":", -1))
        .filter(fields -> fields.length >= 3)
        .forEach(
            fields ->
                groups.add(
                    new Group(
                        fields[0],
                        fields[2],
                        fields.length > 3 ? List.of(fields[3].split(",", -1)) : List.of())));
    return new AccountFiles(accounts, groups);
  }

  /** Splits at newlines only, unlike {@link String#lines}, which also splits at a \r. */
  private static Stream<String> lines(String text) {
    return Arrays.stream(text.split("\n", -1));
  }

  /** The first account of that name. */
  Optional<Account> named(String name) {
    return accounts.stream().filter(account -> account.name().equals(name)).findFirst();
  }

  /** The first account with that uid. */
  Optional<Account> withUid(int uid) {
    String text = Integer.toString(uid);
    return accounts.stream().filter(account -> account.uid().equals(text)).findFirst();
  }

  Optional<Integer> groupNamed(String name) {
    return groups.stream()
        .filter(group -> group.name().equals(name))
        .findFirst()
        .map(group -> id(group.gid(), "/etc/group, group " + name));
  }

  /** The groups that list the user as a member. */
  SortedSet<Integer> groupsOf(String user) {
    SortedSet<Integer> gids = new TreeSet<>();
    for (Group group : groups) {
      if (group.members().contains(user)) {
        gids.add(id(group.gid(), "/etc/group, group " + group.name()));
      }
    }
    return gids;
  }

  /**
   * Parses an id.
   *
   * @param where the text's origin, for the error message
   * @throws CriException INVALID_ARGUMENT if the text is not a number, or out of range
   */
  static int id(String text, String where) {
    long id = -1;
    if (!text.isEmpty() && text.length() <= 10 && isDigits(text)) {
      id = Long.parseLong(text);
    }
    if (id < 0 || id > MAX_ID) {
      throw CriException.invalidArgument(
          where + ": id \"" + text + "\" is not in the range 0 to " + MAX_ID);
    }
    return (int) id;
  }

  static boolean isDigits(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static String content(Fd root, String path) throws IOException {
    try {
      return new String(Openat2.readBounded(root, path, MAX_BYTES), StandardCharsets.UTF_8);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return "";
      }
      throw new IOException("read " + path + " in the image: " + e.getMessage(), e);
    }
  }
}
