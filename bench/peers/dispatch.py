"""Empty jobs through Python's Pool: dispatch.py JOBS PROCESSES"""
import sys
from multiprocessing import Pool


def nothing(number):
    return number


if __name__ == '__main__':
    count = int(sys.argv[1])
    with Pool(int(sys.argv[2])) as pool:
        results = pool.map(nothing, range(count), chunksize=1)
    print(f'{sum(results) == count * (count - 1) // 2 and len(results)} jobs')
