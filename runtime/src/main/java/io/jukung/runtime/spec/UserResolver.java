package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.SupplementalGroupsPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Decides as which user a container runs: the request's uid or name, or else the image's {@code
 * user[:group]}, or else root.
 *
 * <p>Digits are always an id, never a name: kubelet checks by the id that the user is not root, and
 * a line of /etc/passwd must not change that.
 */
final class UserResolver {
  private static final String NO_HOME = "/";
  private static final String ROOT = "0";

  private UserResolver() {}

  static ContainerUser resolve(
      LinuxContainerSecurityContext security, String imageUser, AccountFiles files) {
    String text = requested(security).orElse(imageUser.isEmpty() ? ROOT : imageUser);
    int colon = text.indexOf(':');
    // Either side of the colon may be empty, as in docker: ":1000" is root with group 1000, "1000:"
    // is uid 1000 with the group of its account.
    String userText = colon < 0 ? text : text.substring(0, colon);
    String user = userText.isEmpty() ? ROOT : userText;
    Optional<String> group =
        colon < 0
            ? Optional.empty()
            : Optional.of(text.substring(colon + 1)).filter(name -> !name.isEmpty());
    if (text.equals(":")) {
      throw CriException.invalidArgument("user \":\" is not of the form user[:group]");
    }
    Optional<AccountFiles.Account> account = account(user, files);
    int uid =
        AccountFiles.isDigits(user)
            ? AccountFiles.id(user, "user")
            : account
                .map(each -> AccountFiles.id(each.uid(), "/etc/passwd, user " + user))
                .orElseThrow(
                    () ->
                        CriException.invalidArgument(
                            (security.getRunAsUsername().isEmpty() ? "" : "run_as_username: ")
                                + "unable to find user "
                                + user
                                + ": no such name in the image's /etc/passwd"));
    int gid =
        group
            .map(name -> group(name, files))
            .or(() -> account.map(each -> AccountFiles.id(each.gid(), "/etc/passwd, " + user)))
            .orElse(0);
    return new ContainerUser(
        uid, gid, supplementalGroups(security, gid, account, files), home(account));
  }

  /**
   * Checks the user and groups of a pod. Nothing runs as them: a sandbox has no process, and each
   * container brings its own.
   */
  static void check(LinuxSandboxSecurityContext security) {
    if (security.hasRunAsUser()) {
      number("run_as_user", security.getRunAsUser().getValue());
    }
    if (security.hasRunAsGroup()) {
      String group = number("run_as_group", security.getRunAsGroup().getValue());
      if (!security.hasRunAsUser()) {
        throw CriException.invalidArgument("run_as_group " + group + " is set without a user");
      }
    }
    security.getSupplementalGroupsList().forEach(each -> number("supplemental_groups", each));
    if (security.getSupplementalGroupsPolicy() == SupplementalGroupsPolicy.UNRECOGNIZED) {
      throw CriException.unimplementedField("supplemental_groups_policy");
    }
  }

  /** The request's user and group in the form {@code user[:group]}; empty if it has no user. */
  private static Optional<String> requested(LinuxContainerSecurityContext security) {
    Optional<String> user =
        security.hasRunAsUser()
            ? Optional.of(number("run_as_user", security.getRunAsUser().getValue()))
            : Optional.of(security.getRunAsUsername()).filter(name -> !name.isEmpty());
    if (!security.hasRunAsGroup()) {
      return user;
    }
    String group = number("run_as_group", security.getRunAsGroup().getValue());
    if (user.isEmpty()) {
      throw CriException.invalidArgument("run_as_group " + group + " is set without a user");
    }
    return user.map(each -> each.contains(":") ? each : each + ":" + group);
  }

  private static String number(String field, long value) {
    if (value < 0 || value > AccountFiles.MAX_ID) {
      throw CriException.invalidArgument(
          field + " " + value + " is not in the range 0 to " + AccountFiles.MAX_ID);
    }
    return Long.toString(value);
  }

  private static Optional<AccountFiles.Account> account(String user, AccountFiles files) {
    return AccountFiles.isDigits(user)
        ? files.withUid(AccountFiles.id(user, "user"))
        : files.named(user);
  }

  private static int group(String name, AccountFiles files) {
    if (AccountFiles.isDigits(name)) {
      return AccountFiles.id(name, "group");
    }
    return files
        .groupNamed(name)
        .orElseThrow(
            () ->
                CriException.invalidArgument(
                    "unable to find group " + name + ": no such name in the image's /etc/group"));
  }

  private static List<Integer> supplementalGroups(
      LinuxContainerSecurityContext security,
      int gid,
      Optional<AccountFiles.Account> account,
      AccountFiles files) {
    SortedSet<Integer> gids = new TreeSet<>();
    // The primary group is included: a process that drops its primary group would otherwise escape
    // from permission bits that deny access to the group.
    gids.add(gid);
    for (long requested : security.getSupplementalGroupsList()) {
      gids.add(Integer.parseInt(number("supplemental_groups", requested)));
    }
    if (security.getSupplementalGroupsPolicy() == SupplementalGroupsPolicy.UNRECOGNIZED) {
      throw CriException.unimplementedField("supplemental_groups_policy");
    }
    if (security.getSupplementalGroupsPolicy() == SupplementalGroupsPolicy.Merge) {
      account.ifPresent(each -> gids.addAll(files.groupsOf(each.name())));
    }
    return new ArrayList<>(gids);
  }

  /** The home directory of a user. */
  static String home(int uid, AccountFiles files) {
    return home(files.withUid(uid));
  }

  private static String home(Optional<AccountFiles.Account> account) {
    return account.map(AccountFiles.Account::home).filter(h -> h.startsWith("/")).orElse(NO_HOME);
  }
}
