'use strict';

// Binding contract (credentials): setgroups(array) , initgroups(user, group), setuid(id), ... return 0, a negative
// errno, 1 (unknown user) or 2 (unknown group).

const binding = internalBinding('credentials');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_CREDENTIAL }, ErrnoException } = require('internal/errors');
const { validateArray, validateUint32 } = require('internal/validators');

function checkId(id, name) {
  if (typeof id === 'number') validateUint32(id, name);
  else if (typeof id !== 'string') throw new ERR_INVALID_ARG_TYPE(name, ['number', 'string'], id);
}

function setter(name, kind) {
  return {
    [name](id) {
      checkId(id, 'id');
      if (typeof id === 'number') id >>>= 0;
      const result = binding[name](id);
      if (result === 1) throw new ERR_UNKNOWN_CREDENTIAL(kind, id);
      if (result < 0) throw new ErrnoException(result, name);
    },
  }[name];
}

function initgroups(user, extraGroup) {
  checkId(user, 'user');
  checkId(extraGroup, 'extraGroup');
  const result = binding.initgroups(user, extraGroup);
  if (result === 1) throw new ERR_UNKNOWN_CREDENTIAL('User', user);
  if (result === 2) throw new ERR_UNKNOWN_CREDENTIAL('Group', extraGroup);
  if (result < 0) throw new ErrnoException(result, 'initgroups');
}

function setgroups(groups) {
  validateArray(groups, 'groups');
  groups.forEach((group, i) => checkId(group, `groups[${i}]`));
  const result = binding.setgroups(groups);
  if (result > 0) throw new ERR_UNKNOWN_CREDENTIAL('Group', groups[result - 1]);
  if (result < 0) throw new ErrnoException(result, 'setgroups');
}

module.exports = {
  initgroups,
  setgroups,
  setegid: setter('setegid', 'Group'),
  seteuid: setter('seteuid', 'User'),
  setgid: setter('setgid', 'Group'),
  setuid: setter('setuid', 'User'),
};
