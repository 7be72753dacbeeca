package culvert.origin;

/** Decides whether the loop of a remote proxy continues. No method blocks. */
interface LoopOwner {

  /** The owner of a loop for an address in the settings, which stays there. */
  LoopOwner SETTINGS =
      new LoopOwner() {
        @Override
        public RemoteMembers.Member root(SessionLoop loop) {
          return loop;
        }

        @Override
        public boolean canHaveTwins() {
          return false;
        }

        @Override
        public boolean retain(SessionLoop loop) {
          return true;
        }

        @Override
        public void attemptFailed() {}
      };

  /** Returns the member that the settings name, to which the loop belongs. */
  RemoteMembers.Member root(SessionLoop loop);

  /** Returns whether another of its loops may reach the same remote proxy. */
  boolean canHaveTwins();

  /** Returns whether the loop may make another attempt; otherwise removes it. */
  boolean retain(SessionLoop loop);

  /** Called after a failed attempt and after the loss of a session. */
  void attemptFailed();
}
